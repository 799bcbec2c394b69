//go:build linux

package counterexamples

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// channel makes two connected sockets between processes, of which each message stays one message.
func channel() (one, other int, err error) {
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	return ends[0], ends[1], os.NewSyscallError("socketpair", err)
}

// send hands a connection over to the process at the other end. The sender's own descriptor stays open.
func send(channel, fd int) error {
	err := unix.Sendmsg(channel, []byte{0}, unix.UnixRights(fd), nil, unix.MSG_NOSIGNAL)
	return os.NewSyscallError("sendmsg", err)
}

// receive takes a connection, -1 if none will come any more. It blocks as the channel does.
func receive(channel int) (fd int, err error) {
	control := make([]byte, unix.CmsgSpace(4))
	var n, oob int
	for {
		n, oob, _, _, err = unix.Recvmsg(channel, make([]byte, 1), control, unix.MSG_CMSG_CLOEXEC)
		if err != unix.EINTR {
			break
		}
	}
	if err != nil {
		return -1, os.NewSyscallError("recvmsg", err)
	}
	if n == 0 {
		return -1, nil
	}
	messages, err := unix.ParseSocketControlMessage(control[:oob])
	if err != nil || len(messages) != 1 {
		return -1, fmt.Errorf("a message without a connection: %w", unix.EPROTO)
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		return -1, fmt.Errorf("a message without a connection: %w", unix.EPROTO)
	}
	return fds[0], nil
}
