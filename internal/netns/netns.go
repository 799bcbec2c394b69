//go:build linux

// Package netns makes sockets that live in a network of their own, where this process may do what it may not do here:
// send raw packets, and set what is set once for the whole network.
//
// A child is started in a new user and network namespace, of which it is root whoever we are; it brings the loopback
// interface up, makes the sockets and passes them to us. A socket belongs for life to the network in which it was made,
// so the child may end, and the network ends with the last of its sockets: see network_namespaces(7), user_namespaces(7).
package netns

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/internal/reexec"
)

// Spec is what socket(2) takes; or the path of a file that is opened, such as /proc/self/net/snmp, which shows the
// counters of the network in which it was opened, and /proc/sys/net/core/somaxconn, which sets what holds there.
type Spec struct {
	Domain   int    `json:"domain,omitempty"`
	Type     int    `json:"type,omitempty"`
	Protocol int    `json:"protocol,omitempty"`
	File     string `json:"file,omitempty"`
	Write    bool   `json:"write,omitempty"` // the file is opened for writing, too
}

func (s Spec) open() (int, error) {
	if s.File != "" {
		mode := unix.O_RDONLY
		if s.Write {
			mode = unix.O_RDWR
		}
		fd, err := unix.Open(s.File, mode|unix.O_CLOEXEC, 0)
		if err != nil {
			return -1, fmt.Errorf("open %s: %w", s.File, err)
		}
		return fd, nil
	}
	fd, err := unix.Socket(s.Domain, s.Type|unix.SOCK_CLOEXEC, s.Protocol)
	if err != nil {
		return -1, fmt.Errorf("socket(%d, %d, %d): %w", s.Domain, s.Type, s.Protocol, err)
	}
	return fd, nil
}

// ErrRefused says that this machine lets us have no network of our own.
var ErrRefused = errors.New("no user and network namespace of our own (a container's seccomp filter, kernel.apparmor_restrict_unprivileged_userns=1 or user.max_user_namespaces=0 refuse them)")

const role = "netns-sockets"

func init() { reexec.Role(role, serve) }

// batch is how many descriptors travel in one message: SCM_MAX_FD of the kernel's include/net/scm.h bounds them.
const batch = 250

// Sockets makes one socket, or opens one file, for each spec, all in one new network whose loopback interface is up.
// They are close-on-exec and belong to the caller. Where the machine refuses, the error is ErrRefused.
func Sockets(specs ...Spec) ([]int, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socketpair: %w", err)
	}
	ours, theirs := os.NewFile(uintptr(pair[0]), "ours"), os.NewFile(uintptr(pair[1]), "theirs")
	defer ours.Close()
	child, err := reexec.Start(role, reexec.Options{Files: []*os.File{theirs}, Attr: rootOfNewNetwork()})
	_ = theirs.Close() // or we would wait for it, should the child die
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	var fds []int
	for some := range slices.Chunk(specs, batch) {
		var made []int
		if made, err = ask(child, ours, some); err != nil {
			break
		}
		fds = append(fds, made...)
	}
	if stopped := child.Stop(); err != nil || stopped != nil {
		closeAll(fds)
		return nil, errors.Join(err, stopped)
	}
	return fds, nil
}

func rootOfNewNetwork() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
}

// ask has the child make the sockets and receives them.
func ask(child *reexec.Child, ours *os.File, specs []Spec) ([]int, error) {
	question, err := json.Marshal(specs)
	if err != nil {
		return nil, err
	}
	answer, err := child.Ask(string(question))
	if err != nil {
		return nil, err
	}
	if answer != "sent" {
		return nil, fmt.Errorf("make sockets in a network of our own: %s", answer)
	}
	oob := make([]byte, unix.CmsgSpace(4*len(specs)))
	_, n, _, _, err := unix.Recvmsg(int(ours.Fd()), make([]byte, 1), oob, unix.MSG_CMSG_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("receive sockets: %w", err)
	}
	messages, err := unix.ParseSocketControlMessage(oob[:n])
	if err != nil || len(messages) != 1 {
		return nil, fmt.Errorf("receive sockets: %d control messages, %w", len(messages), err)
	}
	return unix.ParseUnixRights(&messages[0])
}

// serve is the child's part.
func serve(in <-chan string, out io.Writer) error {
	up := loopbackUp()
	for question := range in {
		answer := "sent"
		if err := errors.Join(up, makeAndSend(question)); err != nil {
			answer = err.Error()
		}
		if _, err := fmt.Fprintln(out, answer); err != nil {
			return err
		}
	}
	return nil
}

func makeAndSend(question string) error {
	var specs []Spec
	if err := json.Unmarshal([]byte(question), &specs); err != nil {
		return err
	}
	var fds []int
	defer func() { closeAll(fds) }() // the starter has them now
	for _, s := range specs {
		fd, err := s.open()
		if err != nil {
			return err
		}
		fds = append(fds, fd)
	}
	const inherited = 3
	return unix.Sendmsg(inherited, []byte{0}, unix.UnixRights(fds...), nil, 0)
}

func loopbackUp() (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("bring lo up: %w", err)
		}
	}()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, lo); err != nil {
		return err
	}
	lo.SetUint16(lo.Uint16() | unix.IFF_UP)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo)
}

func closeAll(fds []int) {
	for _, fd := range fds {
		_ = unix.Close(fd)
	}
}
