package server

import (
	"context"
	"syscall"

	"golang.org/x/sys/windows"
)

// Open listens, and from then on turns a cancelled context, SIGTERM and SIGINT, which is Ctrl-C, into the word to stop: tell
// is called, once, in a goroutine of its own, to say it where the server waits. A second signal ends the process at once.
func Open(ctx context.Context, cfg Config, tell func()) (*Door, error) {
	return newDoor(ctx, cfg, 0, func(int) { tell() })
}

// Full reports whether a client could not be had for want of handles or memory. It waits in the queue then.
func Full(err syscall.Errno) bool {
	switch err {
	case windows.WSAEMFILE, windows.WSAENOBUFS, windows.ERROR_TOO_MANY_OPEN_FILES, windows.ERROR_NO_SYSTEM_RESOURCES,
		windows.ERROR_NOT_ENOUGH_MEMORY, syscall.ENOBUFS:
		return true
	}
	return false
}
