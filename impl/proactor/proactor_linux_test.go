package proactor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

type maker func(server.Config) (processor, error)

// serve runs a server with that processor. It skips the test if io_uring is not to be had.
func serve(t *testing.T, newProcessor maker, cfg server.Config) (address string, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	listening, ended := make(chan netip.AddrPort, 1), make(chan error, 1)
	cfg.Address, cfg.Listening = "127.0.0.1:0", func(a netip.AddrPort) { listening <- a }
	go func() {
		ended <- initiate(ctx, cfg, func(cfg server.Config) (processor, error) {
			p, err := newProcessor(cfg)
			return &ledger{processor: p, open: map[entry]int{}, t: t}, err
		})
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			require.NoError(t, err)
		case <-time.After(patience):
			require.Fail(t, "still serving")
		}
	})
	select {
	case a := <-listening:
		t.Cleanup(stop)
		return a.String(), stop
	case err := <-ended:
		cancel()
		skipIfUnavailable(t, err)
		require.NoError(t, err)
		panic("unreachable")
	}
}

// A ledger holds a processor and its proactor to what they promise each other: an operation is started at most once at a
// time on a descriptor, has one last completion, and none is left under way in the end.
type ledger struct {
	processor
	open map[entry]int
	t    *testing.T
}

type entry struct {
	op operation
	fd int
}

func (l *ledger) start(op operation, fd int, p []byte) {
	if l.open[entry{op, fd}]++; l.open[entry{op, fd}] > 1 {
		l.t.Errorf("%v is started on %d, and is already under way", op, fd)
	}
	l.processor.start(op, fd, p)
}

func (l *ledger) next() (completion, bool) {
	c, ok := l.processor.next()
	if e := (entry{c.op, c.fd}); ok && l.open[e] != 1 {
		l.t.Errorf("%v on %d completes, and was not started", c.op, c.fd)
	} else if ok && !c.more {
		delete(l.open, e)
	}
	return c, ok
}

func (l *ledger) close() {
	for e := range l.open {
		l.t.Errorf("%v on %d is still under way", e.op, e.fd)
	}
	l.processor.close()
}

func skipIfUnavailable(t *testing.T, err error) {
	t.Helper()
	if unavailable := (*Unavailable)(nil); errors.As(err, &unavailable) {
		t.Skip("NOT TESTED: ", err)
	}
}

// swap sends a line and wants it back.
func swap(c net.Conn, line string) error {
	if _, err := fmt.Fprintln(c, line); err != nil {
		return err
	}
	got := make([]byte, len(line)+1)
	if _, err := io.ReadFull(c, got); err != nil {
		return err
	}
	if string(got) != line+"\n" {
		return fmt.Errorf("sent %q, got %q", line, got)
	}
	return nil
}

// TestModes holds that the server works with a ring of each kind that this kernel offers, hence also as on an older one,
// and with buffers that are consumed bit by bit or as a whole: every byte comes back, to clients that send as fast as they
// can, more of them than there are buffers.
func TestModes(t *testing.T) {
	for _, mode := range modes {
		for _, readSize := range []int{0, 4096, 100} {
			t.Run(fmt.Sprintf("%#x/%d", mode, readSize), func(t *testing.T) {
				address, stop := serve(t, func(cfg server.Config) (processor, error) { return newKernel(cfg, []uint32{mode}) },
					server.Config{Protocol: "echo", ReadSize: readSize})
				const clients, size = 40, 256 << 10
				failed := make([]error, clients)
				var all sync.WaitGroup
				for i := range clients {
					c, random := dial(t, address), rand.NewChaCha8([32]byte{byte(i)})
					all.Go(func() { failed[i] = mirror(c, random, size) })
				}
				all.Wait()
				require.NoError(t, errors.Join(failed...))
				stop()
			})
		}
	}
}

// TestWorksWithoutABetterMode holds that a mode which the kernel refuses is passed over.
func TestWorksWithoutABetterMode(t *testing.T) {
	const refused = setupDeferTaskrun // which the kernel wants together with SINGLE_ISSUER
	r, err := newRing([]uint32{refused, 0})
	skipIfUnavailable(t, err)
	require.NoError(t, err)
	r.close()
	_, err = newRing([]uint32{refused})
	require.ErrorIs(t, err, unix.EINVAL)
	require.ErrorContains(t, err, "io_uring_setup")
}

// TestForbidden holds that the server says why it cannot be: the system call, its errno, and what to do. A seccomp filter
// forbids io_uring, as those of containers do.
func TestForbidden(t *testing.T) {
	for _, errno := range []unix.Errno{unix.EPERM, unix.ENOSYS} {
		t.Run(unix.ErrnoName(errno), func(t *testing.T) {
			failed := make(chan error)
			go func() {
				runtime.LockOSThread() // and never unlock: the filter ends with the thread
				if err := forbid(unix.SYS_IO_URING_SETUP, errno); err != nil {
					failed <- err
					return
				}
				failed <- ServeUring(t.Context(), server.Config{Address: "127.0.0.1:0", Protocol: "echo",
					Listening: func(netip.AddrPort) { t.Error("it listens, though it cannot serve") }})
			}()
			err := <-failed
			var unavailable *Unavailable
			require.ErrorAs(t, err, &unavailable)
			require.Equal(t, "io_uring_setup", unavailable.Call)
			require.ErrorIs(t, err, errno)
			require.ErrorContains(t, err, errno.Error())
			if errno == unix.EPERM {
				require.ErrorContains(t, err, "kernel.io_uring_disabled")
				require.ErrorContains(t, err, "seccomp")
			}
		})
	}
}

// forbid makes a system call fail in this thread from now on.
func forbid(call uint32, errno unix.Errno) error {
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // the number of the call (struct seccomp_data)
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: call, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(errno)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("prctl(PR_SET_NO_NEW_PRIVS): %w", err)
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if _, _, err := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&program))); err != 0 {
		return fmt.Errorf("seccomp: %w", err)
	}
	return nil
}

// TestBrokenListener holds that a server which can accept no more says so and ends, rather than try for ever; and that
// whoever is connected still gets an answer.
func TestBrokenListener(t *testing.T) {
	for name, newProcessor := range map[string]maker{
		"uring":    func(cfg server.Config) (processor, error) { return newKernel(cfg, modes) },
		"emulated": func(cfg server.Config) (processor, error) { return newHelpers(cfg), nil },
	} {
		t.Run(name, func(t *testing.T) {
			listener, listening, ended := make(chan int, 1), make(chan netip.AddrPort, 1), make(chan error, 1)
			go func() {
				ended <- initiate(t.Context(), server.Config{Address: "127.0.0.1:0", Protocol: "echo", Listening: func(a netip.AddrPort) { listening <- a }},
					func(cfg server.Config) (processor, error) {
						p, err := newProcessor(cfg)
						return &spy{p, listener}, err
					})
			}()
			var c net.Conn
			select {
			case a := <-listening:
				c = dial(t, a.String())
			case err := <-ended:
				skipIfUnavailable(t, err)
				require.NoError(t, err)
			}
			require.NoError(t, swap(c, "as long as it works"))
			require.NoError(t, unix.Shutdown(<-listener, unix.SHUT_RD)) // which nobody but the server should do
			select {
			case err := <-ended:
				require.ErrorIs(t, err, unix.EINVAL)
				require.ErrorContains(t, err, "accept")
			case <-time.After(patience):
				require.Fail(t, "still serving")
			}
			_, err := c.Read(make([]byte, 1))
			require.ErrorIs(t, err, io.EOF)
		})
	}
}

// A spy tells which descriptor is the listener.
type spy struct {
	processor
	listener chan int
}

func (s *spy) start(op operation, fd int, p []byte) {
	if op == accept {
		select {
		case s.listener <- fd:
		default: // it was told
		}
	}
	s.processor.start(op, fd, p)
}

// TestHelpersAreBounded holds what the emulation cannot do: as many clients are heard at once as there are helpers, and
// one more is not, until another has spoken or left.
func TestHelpersAreBounded(t *testing.T) {
	const helpers = 4
	address, _ := serve(t, func(cfg server.Config) (processor, error) { return newHelpers(cfg), nil },
		server.Config{Protocol: "echo", Workers: helpers})
	var silent []*net.TCPConn
	for range helpers {
		c := dial(t, address)
		require.NoError(t, swap(c, "I am here"))
		silent = append(silent, c)
	}
	late := dial(t, address)
	hears := func(limit time.Duration) bool {
		require.NoError(t, late.SetReadDeadline(time.Now().Add(limit)))
		got := make([]byte, len("hear me\n"))
		if _, err := io.ReadFull(late, got); err != nil {
			require.ErrorContains(t, err, "timeout")
			return false
		}
		require.Equal(t, "hear me\n", string(got))
		return true
	}
	// It may be heard once: the last of the others has its answer before its next receive has a helper. That one then
	// waits before the late one's own next.
	heard := 0
	for ; heard < 2; heard++ {
		_, err := fmt.Fprintln(late, "hear me")
		require.NoError(t, err)
		if !hears(100 * time.Millisecond) {
			break
		}
	}
	require.Less(t, heard, 2, "it was heard again, though all helpers wait")

	require.NoError(t, silent[0].Close())
	require.True(t, hears(patience))
}

// TestSilenceDoesNotKeepItFromStopping holds that helpers which are blocked, and clients that wait for one, are no reason
// not to end.
func TestSilenceDoesNotKeepItFromStopping(t *testing.T) {
	address, stop := serve(t, func(cfg server.Config) (processor, error) { return newHelpers(cfg), nil },
		server.Config{Protocol: "echo", Workers: 2})
	var all []*net.TCPConn
	for range 2 {
		c := dial(t, address)
		require.NoError(t, swap(c, "served"))
		all = append(all, c)
	}
	for range 10 {
		c := dial(t, address)
		_, err := fmt.Fprintln(c, "I wait")
		require.NoError(t, err)
		all = append(all, c)
	}
	began := time.Now()
	stop()
	require.Less(t, time.Since(began), server.Grace, "it waited for the silent")
	for _, c := range all {
		_, err := io.Copy(io.Discard, c)
		require.True(t, err == nil || errors.Is(err, unix.ECONNRESET), "%v", err)
	}
}

// TestManyConnections holds that a thousand clients are served, again and again, and leave nothing under way.
func TestManyConnections(t *testing.T) {
	const all = 1000
	var limit unix.Rlimit
	require.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	if limit.Cur < 2*all+200 {
		t.Skipf("NOT TESTED: the descriptor limit is %d, too low for %d clients (ulimit -n)", limit.Cur, all)
	}
	address, stop := serve(t, func(cfg server.Config) (processor, error) { return newKernel(cfg, modes) }, server.Config{Protocol: "echo"})
	var clients []*net.TCPConn
	for range all {
		clients = append(clients, dial(t, address))
	}
	for round := range 3 {
		for i, c := range clients { // all have asked before the first reads
			_, err := fmt.Fprintf(c, "%d %d\n", round, i)
			require.NoError(t, err)
		}
		for i, c := range clients {
			want := fmt.Sprintf("%d %d\n", round, i)
			got := make([]byte, len(want))
			_, err := io.ReadFull(c, got)
			require.NoError(t, err)
			require.Equal(t, want, string(got))
		}
	}
	stop()
	for _, c := range clients {
		_, err := c.Read(make([]byte, 1))
		require.ErrorIs(t, err, io.EOF)
	}
}
