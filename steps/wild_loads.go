//go:build linux

package steps

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/arrival"
	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/sock"
	"github.com/iospec/iospec/subject"
	"github.com/iospec/iospec/trace"
)

// traceSystem records a system under a load of the scenario's own.
func (w *World) traceSystem(ctx context.Context, title string, drive func(context.Context, *subject.Subject) error) (*trace.Recording, error) {
	t, err := w.system(title)
	if err != nil {
		return nil, err
	}
	rec := trace.NewRecording()
	s, err := subject.Start(ctx, t.spec(), subject.Traced(rec))
	if err != nil {
		return nil, err
	}
	err = drive(ctx, s)
	if _, stopErr := s.Stop(context.WithoutCancel(ctx)); err == nil {
		err = stopErr
	}
	return rec, err
}

// backgroundSave has Redis save in the background, and then be exercised.
func backgroundSave(ctx context.Context, s *subject.Subject) error {
	c, err := net.DialTimeout("tcp", s.Address(), await.Patience)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(await.Patience)); err != nil {
		return err
	}
	if _, err := io.WriteString(c, "BGSAVE\r\n"); err != nil {
		return err
	}
	answer, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		return fmt.Errorf("answer to BGSAVE: %w", err)
	}
	if !strings.HasPrefix(answer, "+Background saving started") {
		return fmt.Errorf("BGSAVE was answered with %q", answer)
	}
	_, err = s.Exercise(ctx, subject.StandardLoad())
	return err
}

// saver finds a process that the system made for a purpose of its own.
func saver(w *World, rec *trace.Recording) error {
	main := rec.Tasks[0].PID
	i := slices.IndexFunc(rec.Tasks, func(t *trace.Task) bool { return t.PID != main })
	if i < 0 {
		return check.Failf("a process made for the save", "%d tasks, all of one process", len(rec.Tasks))
	}
	child := rec.Tasks[i]
	for _, c := range rec.Connections() {
		for _, call := range c.Calls {
			if call.PID == child.PID && call.Name != "close" {
				return check.Failf("no call on a client by the process made for the save", "%s", rec.Text(call))
			}
		}
	}
	w.Note("process %d was made by %s, and made no call on any of %d connections", child.PID, child.How, len(rec.Connections()))
	return nil
}

// overcrowd has more clients come and stay than there is room for. Who is refused gets no right answer.
func (w *World) overcrowd(s *subject.Subject, n int) error {
	c, err := w.crowdOf(s, "memcached")
	if err != nil {
		return err
	}
	if err := c.grow(n); err != nil {
		return err
	}
	served := 0
	for _, g := range c.clients {
		if err := c.ask(g); err == nil {
			served++
		}
	}
	w.Note("%d of %d clients were served", served, n)
	if served == 0 || served == n {
		return check.Failf("some clients served and some refused", "%d of %d served", served, n)
	}
	return nil
}

// refusals finds what the accepting thread wrote to clients.
func refusals(w *World, rec *trace.Recording) error {
	refused, others := 0, 0
	for _, c := range rec.Connections() {
		for _, call := range c.Calls {
			if c.Accept == nil || call.Family != trace.FamilyWrite {
				continue
			}
			if call.TID != c.Accept.TID {
				others++
				continue
			}
			if refused++; refused == 1 {
				w.Note("%s", rec.Text(call))
			}
		}
	}
	w.Note("%d writes by the accepting thread, %d by others", refused, others)
	if refused == 0 || others == 0 {
		return check.Failf("refusals by the accepting thread, answers by others", "%d writes by it, %d by others", refused, others)
	}
	return nil
}

// stalled is a load in which one client's request occupies the thread that executes.
type stalled struct {
	others, early int
	loops         int
}

// arrange has the script compute until the others' requests lie in the server's sockets, and watches who is answered
// first. A script that was over too soon is tried again with more to do.
func (s *stalled) arrange(ctx context.Context, w *World, title string, others int) error {
	t, err := w.system(title)
	if err != nil {
		return err
	}
	server, err := w.start(ctx, t)
	if err != nil {
		return err
	}
	c, err := w.crowdOf(server, t.Protocol)
	if err != nil {
		return err
	}
	if err := inOrder(func() error { return c.grow(others + 1) }, func() error { return c.inTurn(c.clients) }); err != nil {
		return err
	}
	s.others = others
	for s.loops = 10_000_000; ; s.loops *= 4 {
		inTime, err := s.round(c)
		if err != nil || inTime {
			return err
		}
		if s.loops > 1_000_000_000 {
			return fmt.Errorf("a script of %d loops was answered before %d requests could be sent", s.loops, others)
		}
	}
}

func (s *stalled) round(c *crowd) (inTime bool, err error) {
	slow, others := c.clients[0], c.clients[1:]
	script := fmt.Sprintf("for i = 1, %d do end return 7", s.loops)
	request := fmt.Sprintf("*3\r\n$4\r\nEVAL\r\n$%d\r\n%s\r\n$1\r\n0\r\n", len(script), script)
	if err := unix.Send(slow.fd, []byte(request), unix.MSG_NOSIGNAL); err != nil {
		return false, fmt.Errorf("send the script: %w", err)
	}
	if err := await.Until("the server to read the script", func() (bool, error) { return c.taken(slow) }); err != nil {
		return false, err
	}
	for _, g := range others {
		if err := c.send(g); err != nil {
			return false, err
		}
		if err := arrival.Acknowledged(g.fd); err != nil {
			return false, err
		}
	}
	done, err := sock.Poll(sock.PollSet(unix.POLLIN, slow.fd), 0)
	if err != nil {
		return false, err
	}
	inTime, s.early = done == 0, 0
	for done == 0 {
		early, err := sock.Poll(sock.PollSet(unix.POLLIN, fdsOf(others)...), 0)
		if err != nil {
			return false, err
		}
		if done, err = sock.Poll(sock.PollSet(unix.POLLIN, slow.fd), time.Millisecond); err != nil {
			return false, err
		}
		if done == 0 {
			s.early = max(s.early, early)
		}
	}
	return inTime, s.finish(slow, others)
}

// finish takes the answers, so that the next round finds none.
func (s *stalled) finish(slow *guest, others []*guest) error {
	answer, err := slow.answers.ReadString('\n')
	if err != nil {
		return gone(err)
	}
	if answer != ":7\r\n" {
		return fmt.Errorf("the script was answered with %q", answer)
	}
	for _, g := range others {
		if err := g.receive(); err != nil {
			return err
		}
	}
	return nil
}

func (s *stalled) judge(w *World) error {
	w.Note("a script of %d loops; %d of %d others, whose requests had arrived, were answered before it", s.loops, s.early, s.others)
	if s.early > 0 {
		return check.Failf("nobody answered before the script", "%d of %d others were", s.early, s.others)
	}
	return nil
}
