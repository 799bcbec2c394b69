//go:build linux

// Package thread runs a function in a kernel thread of its own and tells where that thread sleeps: the way to know that
// a system call blocks without guessing from the time it takes.
//
// A thread that is blocked in a system call says which one in /proc/self/task/TID/syscall, and the kernel counts in
// its status how often it went to sleep. So "all waiters sleep" and "that one did not stir" are facts that can be read.
package thread

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/internal/await"
)

// Thread is a kernel thread that runs one function.
type Thread struct {
	tid      int
	done     chan struct{}
	stopping atomic.Bool
}

// Start runs body in a thread of its own.
func Start(body func(*Thread)) *Thread {
	t := &Thread{done: make(chan struct{})}
	started := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(t.done)
		t.tid = unix.Gettid()
		close(started)
		body(t)
	}()
	<-started
	return t
}

// TID is the thread's number.
func (t *Thread) TID() int { return t.tid }

// Done reports whether the function has returned.
func (t *Thread) Done() bool {
	select {
	case <-t.done:
		return true
	default:
		return false
	}
}

// Join waits until the function has returned.
func (t *Thread) Join() error {
	return await.Until(fmt.Sprintf("thread %d to end", t.tid), func() (bool, error) { return t.Done(), nil })
}

// Uninterrupted repeats a system call for as long as it says EINTR, until Stop asks for the end: then it returns EINTR.
func (t *Thread) Uninterrupted(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if !errors.Is(err, unix.EINTR) || t.stopping.Load() {
			return n, err
		}
	}
}

// Undisturbed makes a system call that no signal cuts short: the Go runtime sends SIGURG to threads that run for long, and not
// every call that a signal ends can be repeated as if nothing had been.
func (t *Thread) Undisturbed(call func()) error {
	all, before := &unix.Sigset_t{}, &unix.Sigset_t{}
	for i := range all.Val {
		all.Val[i] = ^all.Val[i]
	}
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, all, before); err != nil {
		return os.NewSyscallError("sigprocmask", err)
	}
	call()
	return os.NewSyscallError("sigprocmask", unix.PthreadSigmask(unix.SIG_SETMASK, before, nil))
}

// Stop interrupts the thread's system call again and again until its function has returned. A blocked read is restarted
// by the kernel and must be released otherwise; epoll_wait and poll are not: see signal(7).
func (t *Thread) Stop() error {
	t.stopping.Store(true)
	return await.Until(fmt.Sprintf("thread %d to end", t.tid), func() (bool, error) {
		if t.Done() {
			return true, nil
		}
		err := unix.Tgkill(os.Getpid(), t.tid, unix.SIGURG) // the Go runtime makes nothing of a stray SIGURG
		if errors.Is(err, unix.ESRCH) {
			err = nil
		}
		return false, err
	})
}

// StopAll stops threads and joins their errors.
func StopAll(threads []*Thread) error {
	var errs []error
	for _, t := range threads {
		errs = append(errs, t.Stop())
	}
	return errors.Join(errs...)
}
