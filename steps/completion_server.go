//go:build linux

package steps

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/await"
)

// completionServerSteps define the steps about our server that is made of Windows' calls: clients of Linux talk with it.
func completionServerSteps(sc *godog.ScenarioContext, w *World) {
	s := &completionServer{w: w}
	sc.Given(`^the server of completion ports$`, func(ctx context.Context) error { return s.start(ctx) })
	sc.Given(`^the server of completion ports, whose calls are recorded$`, s.startRecorded)
	sc.When(`^(\d+) clients?, all at once, send (\d+) messages each, and get back every byte$`, s.crowd)
	sc.When(`^a client sends (\d+) KiB at once, and gets back every byte$`, s.flood)
	sc.When(`^a client resets its connection$`, s.reset)
	sc.When(`^the server of completion ports is told to stop$`, s.stop)
	sc.Then(`^it has had one completion for each operation, and they are what the clients did$`, s.conserved)
	sc.Then(`^it took several completions with a call$`, s.batches)
	sc.Then(`^it started operations and took completions, and no call asked what is ready, or copied$`, s.calls)
}

type completionServer struct {
	w       *World
	cmd     *exec.Cmd
	address string
	mu      sync.Mutex // of said
	said    strings.Builder
	ended   chan error

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

// start starts the server as a command, and waits until it says where it listens.
func (s *completionServer) start(ctx context.Context, env ...string) error {
	windows, err := s.w.Windows(ctx)
	if err != nil {
		return err
	}
	s.cmd = windows.Command(context.WithoutCancel(ctx), []string{"serve", "proactor/iocp", "--protocol", "echo"}, env...)
	log, err := s.cmd.StderrPipe()
	if err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	s.ended = make(chan error, 1)
	s.w.Cleanup(func() { _ = s.stop() })
	listening := make(chan string, 1)
	go s.listen(s.cmd, log, listening)
	select {
	case s.address = <-listening:
		return nil
	case err := <-s.ended:
		s.ended <- err
		return fmt.Errorf("the server did not start: %w\n%s", err, s.output())
	case <-time.After(await.Patience):
		return fmt.Errorf("the server does not listen: %s", s.output())
	}
}

// listen takes down what the server says, and tells where it listens.
func (s *completionServer) listen(cmd *exec.Cmd, log io.Reader, listening chan<- string) {
	for lines := bufio.NewScanner(log); lines.Scan(); {
		if _, address, ok := strings.Cut(lines.Text(), "listening on "); ok {
			listening <- address
		}
		s.mu.Lock()
		s.said.WriteString(lines.Text() + "\n")
		s.mu.Unlock()
	}
	s.ended <- cmd.Wait()
}

func (s *completionServer) output() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said.String()
}

// stop says the word as one does on Windows, by Ctrl-C, and waits for the end.
func (s *completionServer) stop() error {
	if s.cmd == nil {
		return nil
	}
	cmd := s.cmd
	s.cmd = nil
	_ = cmd.Process.Signal(os.Interrupt) // fails if it has ended
	select {
	case err := <-s.ended:
		if err != nil {
			return check.Failf("a server that ends in order", "%v: %s", err, s.output())
		}
		return nil
	case <-time.After(await.Patience):
		_ = cmd.Process.Kill()
		<-s.ended
		return check.Failf("a server that ends when it is told to", "it serves still after %v", await.Patience)
	}
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
	s.w.Note("%d connections: %.0f messages a second", clients, float64(clients*messages)/time.Since(began).Seconds())
	for _, c := range all {
		if err := errors.Join(c.CloseWrite(), wantEnd(c)); err != nil {
			return err
		}
	}
	return nil
}

func (s *completionServer) dial() (*net.TCPConn, error) {
	c, err := net.DialTimeout("tcp", s.address, await.Patience)
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
