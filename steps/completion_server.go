//go:build linux

package steps

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"time"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/subject"
	"github.com/iospec/iospec/trace"
)

// completionServerSteps define the steps about our server that is made of Windows' calls: clients of Linux talk with it.
func completionServerSteps(sc *godog.ScenarioContext, w *World) {
	s := &completionServer{w: w}
	sc.Given(`^the server of completion ports$`, func(ctx context.Context) error { return s.start(ctx) })
	sc.Given(`^the server of completion ports, whose calls are recorded$`, s.startRecorded)
	sc.When(`^(\d+) clients?, all at once, send (\d+) messages each, and get back every byte$`, s.crowd)
	sc.When(`^a client sends (\d+) KiB at once, and gets back every byte$`, s.flood)
	sc.When(`^a client resets its connection$`, s.reset)
	sc.When(`^it goes through the exercise, and every client has its answers$`, s.exercise)
	sc.When(`^the server of completion ports is told to stop$`, s.stop)
	sc.Then(`^it has had one completion for each operation, and they are what the clients did$`, s.conserved)
	sc.Then(`^it has had one completion for each operation, and has let in every client$`, s.letIn)
	sc.Then(`^it took several completions with a call$`, s.batches)
	sc.Then(`^it started operations and took completions, and no call asked what is ready, or copied$`, s.calls)
}

type completionServer struct {
	w      *World
	server *subject.Subject
	said   strings.Builder // all that the server has said; to be read when it has ended

	clients, resets, bytes int // what was done to it
}

func (s *completionServer) startRecorded(ctx context.Context) error {
	windows, err := s.w.Windows(ctx)
	if err != nil {
		return err
	}
	// Wine can log each call from one DLL to another. These are the DLLs of sockets, and the functions of the port.
	const interesting = "ws2_32.*;mswsock.*;KERNEL32.GetQueuedCompletionStatus;KERNEL32.GetQueuedCompletionStatusEx"
	if err := windows.Registry(ctx, `Software\Wine\Debug`, "RelayInclude", interesting); err != nil {
		return err
	}
	return s.start(ctx, "WINEDEBUG=+relay")
}

// start starts the server for clients that want back what they send.
func (s *completionServer) start(ctx context.Context, env ...string) (err error) {
	t := s.w.Target.speaking("echo")
	t.Env, t.Output = env, &s.said
	s.server, err = s.w.start(ctx, t)
	return err
}

// stop says the word to stop, and waits for the end. Wine ends a process by force that has said that it ends and is still
// there a moment later, as on a busy machine it may be (wineserver's process.c, start_sigkill_timer); whether it ended in
// order is then told by its last word, which tally wants to hear.
func (s *completionServer) stop(ctx context.Context) error {
	how, err := s.server.Stop(ctx)
	if err != nil {
		return err
	}
	if how.Killed || how.Left > 0 {
		return check.Failf("a server that ends when it is told to", "it serves still, and was killed: %s", s.said.String())
	}
	if status := how.Status; status.Code != 0 || status.Signal != 0 && status.Signal != unix.SIGKILL {
		return check.Failf("a server that ends in order", "%v: %s", status, s.said.String())
	}
	return nil
}

// exercise has the server go through what every server goes through before it is judged.
func (s *completionServer) exercise(ctx context.Context) error {
	r, err := s.server.Exercise(ctx, subject.StandardLoad())
	if err != nil {
		return err
	}
	for _, c := range r.Clients {
		if c.Port != 0 {
			s.clients++
		}
	}
	s.w.Note("%d clients, %d requests answered, in %.1f s", len(r.Clients), r.Answered, r.Elapsed.Seconds())
	if r.Unanswered > 0 || r.LeftOpen > 0 || !r.Filled {
		return check.Failf("every request answered, also beside a reply that fills the buffers, and every connection closed whose client has gone",
			"%d not answered as they should be; %d connections left open; buffers filled: %v%s", r.Unanswered, r.LeftOpen, r.Filled, firstError(r.Clients))
	}
	return nil
}

// firstError says what went wrong first.
func firstError(clients []trace.Client) string {
	for _, c := range clients {
		if c.Error != "" {
			return "; a client of phase " + c.Role + ": " + c.Error
		}
	}
	return ""
}

// crowd has so many clients that are all connected before the first speaks.
func (s *completionServer) crowd(clients, messages int) error {
	var all []*net.TCPConn
	defer func() {
		for _, c := range all {
			_ = c.Close()
		}
	}()
	for range clients {
		c, err := s.dial()
		if err != nil {
			return err
		}
		all = append(all, c)
	}
	began := time.Now()
	random := rand.NewChaCha8([32]byte{byte(clients)})
	for range messages {
		if err := s.round(all, random); err != nil {
			return err
		}
	}
	s.w.Note("with %d at once: %.0f messages a second", clients, float64(clients*messages)/time.Since(began).Seconds())
	for _, c := range all {
		if err := errors.Join(c.CloseWrite(), wantEnd(c)); err != nil {
			return err
		}
	}
	return nil
}

func (s *completionServer) dial() (*net.TCPConn, error) {
	c, err := net.DialTimeout("tcp", s.server.Address(), await.Patience)
	if err != nil {
		return nil, err
	}
	s.clients++
	return c.(*net.TCPConn), c.SetDeadline(time.Now().Add(3 * await.Patience))
}

// round has each client send a message of its own, of any size up to 2000 bytes, before the first of them reads.
func (s *completionServer) round(all []*net.TCPConn, random *rand.ChaCha8) error {
	messages := make([][]byte, len(all))
	for i, c := range all {
		messages[i] = make([]byte, 1+random.Uint64()%2000)
		_, _ = random.Read(messages[i])
		if _, err := c.Write(messages[i]); err != nil {
			return err
		}
		s.bytes += len(messages[i])
	}
	for i, c := range all {
		if err := wantBack(c, messages[i]); err != nil {
			return err
		}
	}
	return nil
}

// wantBack reads as many bytes as were sent, and wants them to be the same.
func wantBack(c io.Reader, sent []byte) error {
	got := make([]byte, len(sent))
	if n, err := io.ReadFull(c, got); err != nil {
		return check.Failf(fmt.Sprintf("%d bytes", len(sent)), "%d, then: %v", n, err)
	}
	if !bytes.Equal(got, sent) {
		return check.Failf("the bytes that were sent", "others, of %d", len(sent))
	}
	return nil
}

func wantEnd(c io.Reader) error {
	if n, err := c.Read(make([]byte, 1)); n > 0 || !errors.Is(err, io.EOF) {
		return check.Failf("the end, since the client has ended", "%d bytes, %v", n, err)
	}
	return nil
}

// flood sends as fast as the server takes it, and reads at the same time.
func (s *completionServer) flood(kib int) error {
	c, err := s.dial()
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	data := make([]byte, kib<<10)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(data)
	s.bytes += len(data)
	sent := make(chan error, 1)
	go func() {
		_, err := c.Write(data)
		sent <- errors.Join(err, c.CloseWrite())
	}()
	if err := wantBack(c, data); err != nil {
		return err
	}
	return errors.Join(<-sent, wantEnd(c))
}

// reset ends a connection the hard way, after a message that the server has answered.
func (s *completionServer) reset() error {
	c, err := s.dial()
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if _, err := io.WriteString(c, "hello"); err != nil {
		return err
	}
	s.bytes += len("hello")
	s.resets++
	return errors.Join(wantBack(c, []byte("hello")), c.SetLinger(0))
}
