//go:build linux

package reactor

import (
	"os"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// channel makes two connected sockets of which each message stays one message (SOCK_SEQPACKET, unix(7)). When one end
// is gone, the other reads all that was sent, and then the end.
func channel() (ours, theirs int, err error) {
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	return ends[0], ends[1], os.NewSyscallError("socketpair", err)
}

// sendConnection hands a connection over to another process: the message is a byte, and what comes with it is the
// descriptor (SCM_RIGHTS). The sender's own one is still open afterwards.
func sendConnection(channel, fd int) error {
	return unix.Sendmsg(channel, []byte{0}, unix.UnixRights(fd), nil, unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT)
}

// A receiver takes connections out of a channel. Its methods are for one thread.
type receiver struct {
	channel int
	control []byte
	byte    [1]byte
}

func newReceiver(channel int) *receiver {
	return &receiver{channel: channel, control: make([]byte, unix.CmsgSpace(4))}
}

// take takes one connection. Its error is EAGAIN when there is none, EPIPE when none will come any more, EMFILE when
// there is no descriptor for it: it stays in the channel then.
//
// That must be made sure before, since the kernel drops what it finds no place for (MSG_CTRUNC), and with it the client.
func (r *receiver) take() (fd int, err unix.Errno) {
	if err := room(); err != 0 {
		return -1, err
	}
	n, oob, _, _, e := unix.Recvmsg(r.channel, r.byte[:], r.control, unix.MSG_CMSG_CLOEXEC|unix.MSG_DONTWAIT)
	if e != nil {
		return -1, errno(e)
	}
	if n == 0 {
		return -1, unix.EPIPE
	}
	messages, e := unix.ParseSocketControlMessage(r.control[:oob])
	if e != nil || len(messages) != 1 {
		return -1, unix.EPROTO
	}
	fds, e := unix.ParseUnixRights(&messages[0])
	if e != nil || len(fds) != 1 {
		return -1, unix.EPROTO
	}
	return fds[0], 0
}

// room reports whether a descriptor is free, by taking one for a moment.
func room() unix.Errno {
	fd, _, err := unix.RawSyscall(unix.SYS_DUP, 2, 0, 0)
	if err == 0 {
		server.CloseFD(int(fd))
	}
	return err
}

// errno is the number of an error of x/sys, which is one always.
func errno(err error) unix.Errno {
	if e, ok := err.(unix.Errno); ok {
		return e
	}
	return unix.EIO
}

// closeAll closes the ends of channels that others have now.
func closeAll(fds []int) {
	for _, fd := range fds {
		server.CloseFD(fd)
	}
}
