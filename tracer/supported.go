//go:build linux && (amd64 || arm64)

package tracer

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"

	"github.com/iospec/iospec/trace"
	"golang.org/x/sys/unix"
)

// probeName makes this program, run again, do what probe does.
const probeName = "iospec: probe whether recording works"

// probe makes one call of which the recording must have the call, and what was read from memory.
func probe() {
	var fds [2]int
	if unix.Pipe2(fds[:], unix.O_CLOEXEC) != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// Supported tries for real whether this machine lets us record: a tiny child is started, recorded and compared with
// what it does. The error is an ErrRefused, or says what went wrong else.
func Supported() error {
	var kept keep
	p, err := Start(context.Background(), Command{Path: "/proc/self/exe", Args: []string{probeName}}, &kept, Options{})
	if err != nil {
		return err
	}
	status, err := p.Wait()
	if err != nil {
		return err
	}
	if status != (Status{}) {
		return fmt.Errorf("the probe of the tracer ended with %v", status)
	}
	if !slices.ContainsFunc(kept.calls, func(c trace.Call) bool { return c.Name == "pipe2" && len(c.Made) == 2 }) {
		return &RefusedError{Op: "process_vm_readv", Err: unix.EPERM,
			Hint: "the probe's pipe was not seen: allow seccomp filters, process_vm_readv(2) and /proc"}
	}
	return nil
}

// keep is a sink that keeps the calls.
type keep struct {
	mu    sync.Mutex
	calls []trace.Call
}

func (k *keep) Put(r trace.Record) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if r.Call != nil {
		k.calls = append(k.calls, *r.Call)
	}
	return nil
}
