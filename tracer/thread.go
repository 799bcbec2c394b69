//go:build linux && (amd64 || arm64)

package tracer

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// onOwnThread runs f on an operating system thread that does nothing else and ends with it.
//
// The tracer's waits take any child of its thread, so the thread must have none but the tracer's. A thread on which
// os/exec has started something has a child; and the main thread is handed those of threads that end. Such a thread is
// held until another one is found.
func onOwnThread(f func()) {
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() != unix.Getpid() && childless() {
			f()
			return // still locked, so the thread ends
		}
		found := make(chan struct{})
		onOwnThread(func() {
			close(found)
			f()
		})
		<-found
		runtime.UnlockOSThread()
	}()
}

// childless tells whether this thread has no children. It takes no child's end away (WNOWAIT).
func childless() bool {
	const options = unix.WEXITED | unix.WNOHANG | unix.WNOWAIT | unix.WALL | unix.WNOTHREAD
	return unix.Waitid(unix.P_ALL, 0, nil, options, nil) == unix.ECHILD
}
