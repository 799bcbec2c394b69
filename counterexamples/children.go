//go:build linux

package counterexamples

import (
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// childRoles is what a child may be told to do.
var childRoles = map[string]func(order) error{
	"serve one":  serveOne,
	"poll first": pollFirst,
	"serve many": serveMany,
}

// serveOne serves one connection. It says itself that the conversation is over: its parent may have the socket, too.
func serveOne(o order) error {
	clerk, err := server.NewClerk(o.config())
	if err != nil {
		return err
	}
	clerk.Serve(firstFD)
	return unix.Shutdown(firstFD, unix.SHUT_RDWR)
}

// pollFirst serves one connection, and asks each time whether there is something to read.
func pollFirst(o order) error {
	door, err := server.Inherit(o.config(), -1, -1)
	if err != nil {
		return err
	}
	desk, c := server.NewDesk(door), server.NewTable(door).Add(firstFD)
	desk.Blocking = true
	for alive := true; alive; alive = aTurn(c, desk) {
		// The mistake: the socket is asked before it is read, out of caution, or since the code comes from a server with
		// many clients. A process that has one client can sleep in the read: this is a call more for each request.
		asked := []unix.PollFd{{Fd: firstFD, Events: unix.POLLIN}}
		for {
			if _, err := unix.Ppoll(asked, nil, nil); err != unix.EINTR {
				break
			}
		}
	}
	return nil
}

// serveMany serves connections that come by a channel, one after the other, and says each time that it is free.
func serveMany(o order) error {
	clerk, err := server.NewClerk(o.config())
	if err != nil {
		return err
	}
	for {
		fd, err := receive(firstFD)
		if err != nil || fd < 0 {
			return err
		}
		clerk.Serve(fd)
		server.CloseFD(fd)
		if err := unix.Send(firstFD, []byte{1}, unix.MSG_NOSIGNAL); err != nil {
			return nil // nobody is there any more who could give another
		}
	}
}
