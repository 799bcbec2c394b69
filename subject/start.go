//go:build linux

package subject

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/sample"
	"github.com/iospec/iospec/subject/protocol"
	"github.com/iospec/iospec/trace"
	"github.com/iospec/iospec/tracer"
)

// Subject is a server under test that listens. Stop must be called; until then its methods may be, by any goroutine.
type Subject struct {
	spec        Spec
	tap         *tap                // nil: not traced
	observation *sample.Observation // what is filled by looks; nil: nobody looks
	command     []string            // with the placeholders filled
	address     netip.AddrPort
	attached    bool      // it ran before, and will run on
	port        io.Closer // keeps a chosen port from other subjects, nil when none was chosen
	folder      string    // of the spec's files, "" when there are none

	process launched
	family  *family
	output  *output
	detach  func() bool // ends the watch over the context

	once    sync.Once // the first Stop
	stopped Stopped
	stopErr error

	mu      sync.Mutex
	sinkErr error // the first refusal of the sink
}

// Start starts the command and returns when it listens. An *Error says why it does not; nothing is left running then.
// When ctx is done later, the subject is killed; Stop must still be called.
func Start(ctx context.Context, spec Spec, opts ...Option) (*Subject, error) {
	s := &Subject{spec: spec}
	for _, opt := range opts {
		opt(s)
	}
	if err := s.prepare(); err != nil {
		return nil, err
	}
	if err := s.begin(ctx); err != nil {
		s.release()
		return nil, err
	}
	if err := s.waitListen(ctx); err != nil {
		return nil, s.abandon(err)
	}
	if s.tap != nil {
		if e := s.hidden(); e != nil {
			return nil, s.abandon(e.blind())
		}
		s.note(s.tap.open(s.Address()))
	}
	s.mark("listening")
	s.detach = context.AfterFunc(ctx, s.process.Kill)
	return s, nil
}

// prepare settles the address and fills it into the command and its files.
func (s *Subject) prepare() (err error) {
	if err := s.spec.check(); err != nil {
		return err
	}
	if s.spec.StartTimeout == 0 {
		s.spec.StartTimeout = defaultStartTimeout
	}
	if s.spec.StopTimeout == 0 {
		s.spec.StopTimeout = defaultStopTimeout
	}
	if s.spec.StopSignal == nil {
		s.spec.StopSignal = unix.SIGTERM
	}
	switch {
	case s.spec.Address != "":
		if s.address, err = parseAddress(s.spec.Address); err != nil {
			return err
		}
		s.address = dialled(s.address)
		if err := alreadyTaken(s.address); err != nil {
			return err
		}
	case s.spec.placeholders():
		if s.address, s.port, err = reservePort(); err != nil {
			return err
		}
	}
	if err := s.unpack(); err != nil {
		s.release()
		return err
	}
	s.command = s.fill(s.spec.Command)
	if s.tap != nil {
		s.tap.waiting = !s.address.IsValid()
	}
	return nil
}

// begin launches the command.
func (s *Subject) begin(ctx context.Context) (err error) {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("start %s: %w", s.command[0], err)
	}
	if err := adopt(); err != nil {
		return err
	}
	if s.output, err = newOutput(s.spec.Output); err != nil {
		return err
	}
	mark := newMark()
	s.process, err = s.launch(ctx, tracer.Command{
		Path:   s.command[0],
		Args:   s.command,
		Env:    environment(append(s.fill(s.spec.Env), mark)),
		Dir:    s.spec.Dir,
		Stdout: s.output.write,
		Stderr: s.output.write,
	})
	if err != nil {
		return launchError(s.command[0], s.spec.Dir, err)
	}
	s.output.started()
	s.family = newFamily(s.process.PID(), mark)
	s.family.kernel = s.spec.Kernel
	return nil
}

// release gives back what a subject holds besides its processes.
func (s *Subject) release() {
	if s.output != nil {
		s.output.close()
	}
	if s.port != nil {
		_ = s.port.Close() // a name in the abstract namespace: it ends with the descriptor
	}
	if s.folder != "" {
		_ = os.RemoveAll(s.folder) // in the folder for what is temporary
	}
}

// abandon kills what was started, and adds to the error what the command printed, which is complete only then.
func (s *Subject) abandon(cause error) error {
	_, killErr := s.kill()
	s.release()
	if s.tap != nil {
		killErr = errors.Join(killErr, s.tap.finish(0))
	}
	if e, ok := cause.(*Error); ok {
		e.Output = s.Output()
	}
	if killErr != nil {
		return fmt.Errorf("%w\nand then: %w", cause, killErr)
	}
	return cause
}

// dying is how long the rest of a command may outlive its first process before it counts as running on without it.
const dying = 300 * time.Millisecond

// rest is called when the first process has ended. It says how many others run on; when none does, the status and all
// of the output are there.
func (s *Subject) rest() (int, error) {
	for poll := newPoll(dying); ; {
		living, err := s.family.living()
		if err != nil {
			return living, err
		}
		if living == 0 {
			<-s.process.Done()
			s.output.await()
			return 0, nil
		}
		if !poll.again() {
			return living, nil
		}
	}
}

// ended gives an Error when the command's first process has ended.
func (s *Subject) ended() error {
	if s.leads() {
		return nil
	}
	living, err := s.rest()
	if err != nil {
		return err
	}
	if living > 0 {
		return daemonised(living)
	}
	return s.exited()
}

func daemonised(living int) error {
	return &Error{
		Kind:   ErrDaemonised,
		Detail: fmt.Sprintf("its first process ended while %d others run on", living),
		Hint:   "keep it in the foreground, as service managers also want it: look for an option such as --foreground, --no-daemon or daemon off",
	}
}

// leads reports whether the first process still runs.
func (s *Subject) leads() bool {
	select {
	case <-s.process.Done():
		return false
	default:
	}
	p, err := proc.Read(s.process.PID())
	return err == nil && p.Alive()
}

// exited says how a command ended of which nothing runs any more.
func (s *Subject) exited() error {
	status, err := s.process.Wait()
	if err != nil {
		return err
	}
	return &Error{
		Kind:   ErrExited,
		Detail: status.String(),
		Hint:   "run it by hand to see why: it must stay in the foreground and listen on a TCP port",
	}
}

// Address is where clients connect, "127.0.0.1:6390".
func (s *Subject) Address() string {
	if !s.address.IsValid() {
		return ""
	}
	return s.address.String()
}

func (s *Subject) setAddress(a netip.AddrPort) { s.address = a }

// Protocol is what its clients speak, a name of package protocol.
func (s *Subject) Protocol() string {
	if s.spec.Protocol == "" {
		return protocol.Echo{}.Name()
	}
	return s.spec.Protocol
}

// Command is what was started, with the placeholders filled.
func (s *Subject) Command() []string { return s.command }

// PID is the number of the command's first process, and of its process group.
func (s *Subject) PID() int { return s.process.PID() }

// Now is the time in the recording.
func (s *Subject) Now() trace.Time { return s.process.Now() }

// Done is closed when the server has ended.
func (s *Subject) Done() <-chan struct{} { return s.process.Done() }

// Output is the last 64 KiB of what the command has printed, standard output and error as they came.
func (s *Subject) Output() string { return s.output.String() }

// put records something of our own, when there is a recording.
func (s *Subject) put(r trace.Record) {
	if s.tap != nil {
		s.note(s.tap.Put(r))
	}
}

// note remembers the first failure of the sink.
func (s *Subject) note(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil && s.sinkErr == nil {
		s.sinkErr = fmt.Errorf("record what the clients do: %w", err)
	}
}

// recordingError is the first thing that could not be recorded.
func (s *Subject) recordingError() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sinkErr
}

func (s *Subject) mark(name string) { s.put(trace.Record{Mark: &trace.Mark{At: s.Now(), Name: name}}) }
