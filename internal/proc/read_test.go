//go:build linux

package proc

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// sleeper starts a process that does nothing until it is killed.
func sleeper(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("sleep", "600")
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd
}

func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	require.Eventually(t, cond, 20*time.Second, time.Millisecond, what)
}

func TestReadSelf(t *testing.T) {
	self, err := Read(os.Getpid())
	require.NoError(t, err)
	require.Equal(t, os.Getpid(), self.PID)
	require.Equal(t, os.Getppid(), self.Parent)
	require.Positive(t, self.RSS)
	threads, err := Threads(os.Getpid())
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(threads), 2)
	require.Equal(t, os.Getpid(), threads[0].PID, "the first thread has the process's number")
}

func TestTreeAndZombie(t *testing.T) {
	cmd := sleeper(t)
	all, err := All()
	require.NoError(t, err)
	find := func(all []Process) (p Process) {
		for _, d := range Descendants(all, os.Getpid()) {
			if d.PID == cmd.Process.Pid {
				p = d
			}
		}
		return p
	}
	child := find(all)
	require.Equal(t, cmd.Process.Pid, child.PID)
	require.True(t, child.State.Alive())

	require.NoError(t, child.Signal(unix.SIGKILL))
	eventually(t, "a killed child that nobody waited for is a zombie", func() bool {
		p, err := Read(child.PID)
		return err == nil && p.State == Zombie
	})
	require.Error(t, cmd.Wait())
	_, err = Read(child.PID)
	require.True(t, Gone(err), "%v", err)
	require.True(t, Gone(child.Signal(unix.SIGKILL)))
}

func TestSignalSparesALaterProcess(t *testing.T) {
	cmd := sleeper(t)
	p, err := Read(cmd.Process.Pid)
	require.NoError(t, err)
	p.Started-- // as if the number had belonged to an earlier process
	err = p.Signal(unix.SIGKILL)
	require.True(t, Gone(err), "%v", err)
	now, err := Read(p.PID)
	require.NoError(t, err)
	require.True(t, now.State.Alive())
}

func TestThreadWaits(t *testing.T) {
	cmd := sleeper(t)
	eventually(t, "sleep sleeps", func() bool {
		threads, err := Threads(cmd.Process.Pid)
		return err == nil && len(threads) == 1 && threads[0].State == Sleeping
	})
}

func TestSocketsAndLinks(t *testing.T) {
	for _, network := range []string{"tcp4", "tcp6", "tcp"} {
		t.Run(network, func(t *testing.T) {
			host := map[string]string{"tcp4": "127.0.0.1", "tcp6": "::1", "tcp": ""}[network] // "" is dual stack
			l, err := net.Listen(network, net.JoinHostPort(host, "0"))
			if network == "tcp6" && err != nil {
				t.Skip("no IPv6 here: ", err)
			}
			require.NoError(t, err)
			defer func() { require.NoError(t, l.Close()) }()
			port := l.Addr().(*net.TCPAddr).AddrPort().Port()
			dial := map[string]string{"tcp4": "127.0.0.1", "tcp6": "::1", "tcp": "127.0.0.1"}[network]
			c, err := net.Dial("tcp", net.JoinHostPort(dial, strconv.Itoa(int(port))))
			require.NoError(t, err)
			defer func() { require.NoError(t, c.Close()) }()
			_, err = c.Write([]byte("twelve bytes"))
			require.NoError(t, err)

			listener := find(t, func(s Socket) bool { return s.State == Listen && s.Local.Port() == port })
			require.EqualValues(t, 1, listener.RecvQueue, "one connection waits to be accepted")
			require.True(t, holds(t, listener.Inode))

			server, err := l.Accept()
			require.NoError(t, err)
			defer func() { require.NoError(t, server.Close()) }()
			peer := netip.MustParseAddrPort(c.LocalAddr().String())
			accepted := find(t, func(s Socket) bool { return s.Local.Port() == port && s.Peer == peer })
			require.Equal(t, netip.MustParseAddr(dial), accepted.Local.Addr())
			require.Equal(t, Established, accepted.State)
			require.EqualValues(t, 12, accepted.RecvQueue)
			require.True(t, holds(t, accepted.Inode))
		})
	}
}

func find(t *testing.T, is func(Socket) bool) Socket {
	t.Helper()
	sockets, err := Sockets(os.Getpid())
	require.NoError(t, err)
	for _, s := range sockets {
		if is(s) {
			return s
		}
	}
	t.Fatal("no such socket")
	return Socket{}
}

// holds reports whether this process has a descriptor of the socket.
func holds(t *testing.T, inode uint64) bool {
	t.Helper()
	links, err := Links(os.Getpid())
	require.NoError(t, err)
	for _, link := range links {
		if n, ok := SocketInode(link); ok && n == inode {
			return true
		}
	}
	return false
}

func TestEpollTargets(t *testing.T) {
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	require.NoError(t, err)
	defer func() { require.NoError(t, unix.Close(ep)) }()
	ev, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	require.NoError(t, err)
	defer func() { require.NoError(t, unix.Close(ev)) }()
	require.NoError(t, unix.EpollCtl(ep, unix.EPOLL_CTL_ADD, ev, &unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: 42, Pad: 7}))

	info, err := ReadFDInfo(os.Getpid(), ep)
	require.NoError(t, err)
	require.Len(t, info.Watched, 1)
	require.Equal(t, ev, info.Watched[0].FD)
	require.EqualValues(t, uint32(unix.EPOLLIN|unix.EPOLLET|unix.EPOLLERR|unix.EPOLLHUP), info.Watched[0].Events)
	require.EqualValues(t, uint64(7)<<32|42, info.Watched[0].Data)

	info, err = ReadFDInfo(os.Getpid(), ev)
	require.NoError(t, err)
	require.NotZero(t, info.Flags&unix.O_NONBLOCK)
	if info.EventFD < 0 {
		t.Skip("this kernel does not number eventfds: it needs Linux 5.2")
	}
	require.Empty(t, info.Watched)
}

func TestReadersSayGone(t *testing.T) {
	const none = 1<<22 + 1 // above the highest number that Linux gives
	for name, read := range map[string]func() error{
		"Read":       func() error { _, err := Read(none); return err },
		"Threads":    func() error { _, err := Threads(none); return err },
		"Links":      func() error { _, err := Links(none); return err },
		"ReadFDInfo": func() error { _, err := ReadFDInfo(none, 0); return err },
		"Sockets":    func() error { _, err := Sockets(none); return err },
		"Network":    func() error { _, err := Network(none); return err },
		"Environ":    func() error { _, err := Environ(none); return err },
	} {
		err := read()
		require.Error(t, err, name)
		require.True(t, Gone(err), "%s: %v", name, err)
	}
	require.False(t, Gone(errors.New("other")))
}
