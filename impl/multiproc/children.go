//go:build linux

package multiproc

import (
	"os"
	"os/signal"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// children are the processes that a server has made and not reaped yet. A child that ends leaves an entry in the kernel,
// a zombie, until its parent waits for it. The kernel says that one has ended by SIGCHLD.
type children struct {
	mu     sync.Mutex
	nobody sync.Cond // the last one was reaped
	live   map[int]struct{}
	ending unix.Signal // what a new child is sent: nothing, until the service ends
	late   *time.Timer // runs once the service ends: how long it may take

	died    chan struct{} // a token when some were reaped
	signals chan os.Signal
	closed  chan struct{} // nobody listens to the signals any more
}

// raise makes a server a parent: from now on whoever ends is reaped.
func raise() *children {
	c := &children{live: map[int]struct{}{}, died: make(chan struct{}, 1), signals: make(chan os.Signal, 1), closed: make(chan struct{})}
	c.nobody.L = &c.mu
	signal.Notify(c.signals, unix.SIGCHLD)
	go func() {
		defer close(c.closed)
		for range c.signals {
			c.reap()
		}
	}()
	return c
}

// close ends the reaping. No child is left then: see wait.
func (c *children) close() {
	signal.Stop(c.signals)
	close(c.signals)
	<-c.closed
}

// add makes a child. Reaping waits meanwhile, or a child that ends at once would be taken for a stranger.
func (c *children) add(spawn func() (pid int, err error)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	pid, err := spawn()
	if err != nil {
		return err
	}
	c.live[pid] = struct{}{}
	if c.ending != 0 {
		_ = unix.Kill(pid, c.ending)
	}
	return nil
}

// reap takes what is left of every child that has ended, and of nobody else: this process may have children that are
// another's concern. Several may have ended, since signals do not queue.
func (c *children) reap() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		pid := ended()
		if pid == 0 {
			return
		}
		if _, ours := c.live[pid]; !ours {
			c.reapEach() // a stranger stands before ours, and is not ours to take away
			return
		}
		c.wait4(pid)
	}
}

func (c *children) reapEach() {
	for pid := range c.live {
		c.wait4(pid)
	}
}

// pidInSiginfo is where si_pid is, behind three numbers of four bytes and a gap (include/uapi/asm-generic/siginfo.h).
const pidInSiginfo = 16

// ended names one child that has ended, and leaves it as it is, or 0.
func ended() (pid int) {
	var info unix.Siginfo
	for {
		err := unix.Waitid(unix.P_ALL, 0, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
		if err == nil {
			return int(*(*int32)(unsafe.Add(unsafe.Pointer(&info), pidInSiginfo)))
		}
		if err != unix.EINTR { // ECHILD: there is none
			return 0
		}
	}
}

// wait4 reaps the child if it has ended.
func (c *children) wait4(pid int) {
	for {
		got, err := unix.Wait4(pid, nil, unix.WNOHANG, nil)
		if err == unix.EINTR {
			continue
		}
		if got == pid || err == unix.ECHILD {
			c.forget(pid)
		}
		return
	}
}

func (c *children) forget(pid int) {
	if delete(c.live, pid); len(c.live) == 0 {
		c.nobody.Broadcast()
	}
	select {
	case c.died <- struct{}{}:
	default:
	}
}

// number is how many there are.
func (c *children) number() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.live)
}

// stopping reports whether the service ends.
func (c *children) stopping() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ending != 0
}

// finish ends the service: the children are told to answer what has come and then to end, and those that have not done
// so within server.Grace are killed.
func (c *children) finish() {
	c.kill(unix.SIGTERM)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.late == nil {
		c.late = time.AfterFunc(server.Grace, func() { c.kill(unix.SIGKILL) })
	}
}

// kill sends all children a signal. None of these ids can be another process's: they are ours until they are reaped.
func (c *children) kill(sig unix.Signal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ending = sig
	for pid := range c.live {
		_ = unix.Kill(pid, sig)
	}
}

// wait returns when no child is left, after finish.
func (c *children) wait() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.live) > 0 {
		c.nobody.Wait()
	}
	if c.late != nil {
		c.late.Stop()
	}
}
