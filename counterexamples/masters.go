//go:build linux

package counterexamples

import (
	"context"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// A master opens the door and starts two workers, which are processes that run a loop each, with nothing wrong about it.
// A worker has, from firstFD on, a listener, an eventfd that tells it to stop, and one end of a channel to the other
// worker.
const (
	givenListener = firstFD + iota
	givenStop
	givenChannel
)

// serveMaster starts workers of a role. There are one listener, which both have, or one for each, or three, of which the
// first is left to the master. Then the master keeps watch, which is to wait for the word to stop.
func serveMaster(ctx context.Context, cfg server.Config, role string, listeners int, watch func(*server.Door) error) error {
	runtime.LockOSThread() // the workers end when the thread that made them does (PR_SET_PDEATHSIG)
	defer runtime.UnlockOSThread()
	door, all, err := server.OpenShards(ctx, cfg, listeners)
	if err != nil {
		return err
	}
	defer door.Close()
	defer closeAll(all)
	all = append([]int{door.Listener}, all...)
	one, other, err := channel()
	if err != nil {
		return err
	}
	defer closeAll([]int{one, other})
	for i, end := range []int{one, other} {
		listener := all[len(all)-1-i%len(all)]
		pid, err := again(workerName, order{Role: role, Protocol: cfg.Protocol}, listener, door.Stop, end)
		if err != nil {
			return err
		}
		defer dismiss(pid)
	}
	return watch(door)
}

// dismiss ends a worker.
func dismiss(pid int) {
	_ = unix.Kill(pid, unix.SIGKILL)
	for {
		if _, err := unix.Wait4(pid, nil, 0, nil); err != unix.EINTR {
			return
		}
	}
}

func closeAll(fds []int) {
	for _, fd := range fds {
		server.CloseFD(fd)
	}
}

// untilStop is how a master should keep watch.
func untilStop(door *server.Door) error {
	for {
		_, err := unix.Ppoll([]unix.PollFd{{Fd: int32(door.Stop), Events: unix.POLLIN}}, nil, nil)
		if err != unix.EINTR {
			return err
		}
	}
}

// workerRoles is what a worker may be told to do.
var workerRoles = map[string]func(order) error{
	"serve":        func(o order) error { return work(o, unspoilt) },
	"accept apart": func(o order) error { return work(o, withSubs(1, func(*loop, []*sub) {})) },
	"send on":      func(o order) error { return work(o, sendOn) },
}

// work is a worker: it runs a loop, spoilt.
func work(o order, spoil func(*loop)) error {
	door, err := server.Inherit(o.config(), givenListener, givenStop)
	if err != nil {
		return err
	}
	runtime.LockOSThread()
	return serveAt(door, levelEpoll, spoil)
}
