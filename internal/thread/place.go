//go:build linux

package thread

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/iospec/iospec/internal/await"
)

// Place is where a thread is.
type Place struct {
	Syscall int    // the system call in which it sleeps; -1 when it runs
	First   uint64 // the first argument of that call: for most, a descriptor
	Sleeps  uint64 // how often the thread has gone to sleep so far (voluntary_ctxt_switches)
}

// Where tells where the thread is now.
func (t *Thread) Where() (Place, error) {
	call, err := os.ReadFile(t.path("syscall"))
	if err != nil {
		return Place{}, fmt.Errorf("read where a thread sleeps: %w (does this kernel have CONFIG_HAVE_ARCH_TRACEHOOK?)", err)
	}
	status, err := os.ReadFile(t.path("status"))
	if err != nil {
		return Place{}, fmt.Errorf("read how often a thread slept: %w", err)
	}
	return parsePlace(call, status)
}

func (t *Thread) path(name string) string { return fmt.Sprintf("/proc/self/task/%d/%s", t.tid, name) }

// parsePlace reads the files syscall ("running", or number, six arguments, stack and program counter) and status: see
// proc_pid_syscall(5) and proc_pid_status(5). Of a thread that has just been woken and not run yet, syscall still tells
// where it slept; only the state tells that it sleeps no more.
func parsePlace(call, status []byte) (p Place, err error) {
	p.Syscall = -1
	sleeps := bytes.HasPrefix(line(status, "State"), []byte("S"))
	if words := strings.Fields(string(call)); sleeps && len(words) > 2 && words[0] != "running" {
		if p.Syscall, err = strconv.Atoi(words[0]); err != nil {
			return p, fmt.Errorf("parse %q: %w", call, err)
		}
		if p.First, err = strconv.ParseUint(words[1], 0, 64); err != nil {
			return p, fmt.Errorf("parse %q: %w", call, err)
		}
	}
	if p.Sleeps, err = strconv.ParseUint(string(line(status, "voluntary_ctxt_switches")), 10, 64); err != nil {
		return p, fmt.Errorf("how often a thread slept: %w", err)
	}
	return p, nil
}

// line gives the value of a line of the file status; nil if it has none.
func line(status []byte, key string) []byte {
	_, after, _ := bytes.Cut(status, []byte("\n"+key+":"))
	value, _, _ := bytes.Cut(after, []byte("\n"))
	return bytes.TrimSpace(value)
}

// Wchan is the kernel function in which the thread waits, such as do_epoll_wait; "" when the kernel does not tell.
func (t *Thread) Wchan() string {
	w, err := os.ReadFile(t.path("wchan"))
	if err != nil || string(w) == "0" {
		return ""
	}
	return string(w)
}

// AwaitAsleep waits until the thread sleeps in the system call on the descriptor, and gives that place.
func (t *Thread) AwaitAsleep(syscall, fd int) (p Place, err error) {
	err = await.Until(fmt.Sprintf("thread %d to sleep in system call %d on descriptor %d", t.tid, syscall, fd), func() (bool, error) {
		if t.Done() {
			return false, fmt.Errorf("thread %d ended instead of sleeping in system call %d", t.tid, syscall)
		}
		p, err = t.Where()
		return p.Syscall == syscall && p.First == uint64(fd), err
	})
	return p, err
}

// Settle waits until each thread has ended or sleeps in one of the system calls. It looks twice: one pass alone could see a
// thread asleep just before another one wakes it, and that other one at rest just after. Nothing is in motion when two
// passes see the same.
func Settle(threads []*Thread, syscalls ...int) error {
	var before []Place
	return await.Until(fmt.Sprintf("%d threads to end or to sleep in one of the system calls %d", len(threads), syscalls), func() (bool, error) {
		now, resting, err := pass(threads, syscalls)
		still := resting && slices.Equal(now, before)
		before = now
		return still, err
	})
}

// pass looks at each thread once.
func pass(threads []*Thread, syscalls []int) (places []Place, resting bool, err error) {
	ended := Place{Syscall: -2}
	for _, t := range threads {
		p := ended
		if !t.Done() {
			if p, err = t.Where(); t.Done() {
				err = nil // it ended while we looked: look again
			}
			if err != nil || !slices.Contains(syscalls, p.Syscall) || t.Done() {
				return nil, false, err
			}
		}
		places = append(places, p)
	}
	return places, true, nil
}
