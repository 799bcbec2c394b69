//go:build linux && (amd64 || arm64)

package tracer

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/trace"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func init() {
	roles["echoing"] = func() { echoing(value2(net.Listen("tcp", "127.0.0.1:0")), true) }
	roles["echoing child"] = func() { echoing(value2(net.FileListener(os.NewFile(3, "listener"))), false) }
}

// echoing is a server of two processes, each with several threads.
func echoing(l net.Listener, parent bool) {
	if parent {
		cmd := exec.Command("/proc/self/exe")
		cmd.Env = append(os.Environ(), roleVariable+"=echoing child")
		cmd.Stdin = os.Stdin // which ends when the test does
		cmd.ExtraFiles = []*os.File{value2(l.(*net.TCPListener).File())}
		must(cmd.Start())
		fmt.Println(l.Addr())
	}
	go func() { _, _ = io.Copy(io.Discard, os.Stdin); os.Exit(0) }() // the test has gone
	for {
		c := value2(l.Accept())
		go func() { defer c.Close(); _, _ = io.Copy(struct{ io.Writer }{c}, struct{ io.Reader }{c}) }()
	}
}

// running is such a server, with clients that ask it again and again.
type running struct {
	t       *testing.T
	pid     int
	address string
	asked   sync.WaitGroup
	stop    chan struct{}
}

func startEchoing(t *testing.T) *running {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), roleVariable+"=echoing")
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	address, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	r := &running{t: t, pid: cmd.Process.Pid, address: strings.TrimSpace(address), stop: make(chan struct{})}
	for range 4 {
		r.asked.Go(r.client)
	}
	t.Cleanup(func() {
		close(r.stop)
		r.asked.Wait()
		members, err := tree(r.pid)
		require.NoError(t, err)
		_ = in.Close()
		for _, p := range slices.Backward(members) {
			_ = unix.Kill(p.PID, unix.SIGKILL)
		}
		_ = cmd.Wait()
	})
	return r
}

// client asks until it is told to stop. An answer that is wrong or missing fails the test.
func (r *running) client() {
	for n := 0; ; n++ {
		select {
		case <-r.stop:
			return
		default:
		}
		if err := r.ask(n); err != nil {
			r.t.Errorf("request %d: %v", n, err)
			return
		}
	}
}

func (r *running) ask(n int) error {
	c, err := net.Dial("tcp", r.address)
	if err != nil {
		return err
	}
	defer c.Close()
	in := bufio.NewReader(c)
	for i := range 3 {
		want := fmt.Sprintf("%d %d\n", n, i)
		if _, err := io.WriteString(c, want); err != nil {
			return err
		}
		if got, err := in.ReadString('\n'); err != nil || got != want {
			return fmt.Errorf("got %q, %w", got, err)
		}
	}
	return nil
}

// free tells that nobody traces any thread of the server, and that none is stopped.
func (r *running) free() error {
	members, err := tree(r.pid)
	if err != nil {
		return err
	}
	for _, p := range members {
		threads, err := proc.Threads(p.PID)
		if err != nil {
			return err
		}
		for _, t := range threads {
			status, err := proc.ReadStatus(t.PID)
			if err != nil && !proc.Gone(err) {
				return err
			}
			if by := status.Tracer; by != 0 || t.State == proc.Traced || t.State == proc.Stopped {
				return fmt.Errorf("thread %d of %d: traced by %d, state %v", t.PID, p.PID, by, t.State)
			}
		}
	}
	return nil
}

// TestAttachAndDetach: again and again, under load, of which nothing is lost; and each recording has both processes, their
// sockets and their calls.
func TestAttachAndDetach(t *testing.T) {
	skipIfRefused(t, Supported())
	server := startEchoing(t)
	rounds := 10
	if testing.Short() {
		rounds = 2
	}
	for round := range rounds {
		var sink tape
		ctx, cancel := context.WithCancel(context.Background())
		p, err := Attach(ctx, server.pid, &sink, Options{Address: server.address})
		require.NoError(t, err)
		reads := func() (n int) {
			sink.mu.Lock()
			defer sink.mu.Unlock()
			for _, r := range sink.records {
				if r.Call != nil && r.Call.Family == trace.FamilyRead && r.Call.Result > 0 && strings.HasPrefix(string(r.Call.Object), "socket:") {
					n++
				}
			}
			return n
		}
		require.NoError(t, await.Until("calls of the server", func() (bool, error) { return reads() > 50, nil }))
		if round%2 == 0 {
			p.Detach()
		} else {
			cancel() // the same
		}
		status, err := p.Wait()
		cancel()
		require.NoError(t, err)
		require.Equal(t, Status{}, status)
		require.NoError(t, server.free())
		require.NoError(t, server.ask(round), "it serves on")
		checkAttached(t, server, sink.records)
	}
}

func checkAttached(t *testing.T, server *running, records []trace.Record) {
	rec := trace.NewRecording()
	for _, r := range records {
		require.NoError(t, rec.Put(r))
	}
	require.Equal(t, []string{"/proc/self/exe"}, rec.Header.Command)
	require.Equal(t, "detached", rec.End.Reason)
	require.Equal(t, server.pid, rec.Tasks[0].TID)
	require.Equal(t, "start", rec.Tasks[0].How)
	processes := map[int]bool{}
	for _, task := range rec.Tasks {
		processes[task.PID] = true
		require.True(t, task.Parent != 0 || task.TID == server.pid, "%+v", task)
	}
	require.Len(t, processes, 2)
	require.Len(t, rec.Listeners(), 1)
	found := slices.ContainsFunc(rec.Calls, func(c *trace.Call) bool { return c.Found && rec.Listens(c.Ctl.Object) })
	require.True(t, found, "the listener was in an epoll instance before")
	require.Greater(t, len(rec.Connections()), 5)
	for i, c := range rec.Calls {
		require.NoError(t, trace.Record{Call: c}.Check(), strconv.Itoa(i))
	}
}

func TestAttachErrors(t *testing.T) {
	var sink tape
	_, err := Attach(context.Background(), 1<<22-1, &sink, Options{})
	require.ErrorIs(t, err, os.ErrProcessDone)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = Attach(ctx, os.Getpid(), &sink, Options{})
	require.ErrorIs(t, err, context.Canceled)

	skipIfRefused(t, Supported())
	server := startEchoing(t)
	first, err := Attach(context.Background(), server.pid, &tape{}, Options{})
	require.NoError(t, err)
	_, err = Attach(context.Background(), server.pid, &sink, Options{})
	require.ErrorIs(t, err, ErrRefused, "it is traced already, by this very process")
	first.Detach()
	_, err = first.Wait()
	require.NoError(t, err)
	require.Empty(t, sink.records)
}

// TestWhatWasAttachedToEnds: the recording ends by itself, and the end is in it.
func TestWhatWasAttachedToEnds(t *testing.T) {
	skipIfRefused(t, Supported())
	cmd := exec.Command("sleep", "1000")
	require.NoError(t, cmd.Start())
	var sink tape
	p, err := Attach(context.Background(), cmd.Process.Pid, &sink, Options{})
	require.NoError(t, err)
	require.NoError(t, cmd.Process.Kill())
	_, err = p.Wait()
	require.NoError(t, err)
	require.Error(t, cmd.Wait())
	require.True(t, slices.ContainsFunc(sink.records, func(r trace.Record) bool {
		return r.Exit != nil && r.Exit.TID == cmd.Process.Pid && r.Exit.Signal == "SIGKILL"
	}))
	p.Detach() // too late, and no harm
}
