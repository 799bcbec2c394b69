//go:build linux

package steps

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/cucumber/godog"
	messages "github.com/cucumber/messages/go/v21"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/arrival"
	"github.com/iospec/iospec/internal/measure"
	"github.com/iospec/iospec/internal/sock"
)

// edgeCostSteps defines the steps of cost.feature.
func edgeCostSteps(sc *godog.ScenarioContext, w *World) {
	var level, edge *economy
	var ratios []float64
	sc.Given(`^(\d+) connections that bring messages of (\d+) bytes, and a server with a buffer of (\d+) bytes$`, func(conns, message, buffer int) error {
		level = &economy{message: message, buf: make([]byte, buffer)}
		edge = &economy{message: message, buf: make([]byte, buffer), trigger: unix.EPOLLET}
		return errors.Join(level.open(w, conns), edge.open(w, conns))
	})
	sc.When(`^(\d+) rounds are served, level-triggered by one read per report, edge-triggered until (a short read|EAGAIN)$`, func(rounds int, until string) (err error) {
		level.enough = func(n int) bool { return true }
		edge.enough = func(n int) bool { return n < 0 || until == "a short read" && n < len(edge.buf) }
		ratios, err = inTurn(rounds, level, edge)
		return err
	})
	sc.Then(`^the calls made are$`, func(table *godog.Table) error {
		return errors.Join(level.calls.expect("level", table.Rows[1]), edge.calls.expect("edge", table.Rows[2]))
	})
	sc.Then(`^the cost of edge relative to level is told$`, func() error {
		w.Note("CPU time of the server, edge / level: median %.2f, quartiles %.2f and %.2f of %d rounds", measure.Median(ratios), measure.Quantile(ratios, 0.25), measure.Quantile(ratios, 0.75), len(ratios))
		return nil
	})
}

// calls counts what a server asked of the kernel.
type calls struct{ waits, reports, reads int }

// expect compares the counts with a row of the table: name, waits, reports, reads.
func (c calls) expect(name string, row *messages.PickleTableRow) error {
	got := []string{name, strconv.Itoa(c.waits), strconv.Itoa(c.reports), strconv.Itoa(c.reads)}
	for i, cell := range row.Cells {
		if cell.Value != got[i] {
			return check.Failf(fmt.Sprintf("%s: %s waits, %s reports, %s reads", name, row.Cells[1].Value, row.Cells[2].Value, row.Cells[3].Value), "%+v", c)
		}
	}
	return nil
}

// economy is a server of many connections that counts its calls.
type economy struct {
	message int // bytes
	buf     []byte
	trigger uint32           // 0 or EPOLLET
	enough  func(n int) bool // whether a read that returned n (-1 is EAGAIN) is the last one of a report
	calls   calls

	bag     sock.Bag
	ep      sock.Epoll
	clients []int
	servers []int
	sent    int64 // bytes, on each connection
}

func (e *economy) open(w *World, conns int) (err error) {
	w.Cleanup(e.bag.Close)
	if e.ep, err = e.bag.Epoll(); err != nil {
		return err
	}
	for range conns {
		client, server, err := e.bag.TCPPair()
		if err != nil {
			return err
		}
		e.clients, e.servers = append(e.clients, client), append(e.servers, server)
		if err := e.ep.Add(server, unix.EPOLLIN|e.trigger); err != nil {
			return err
		}
	}
	return nil
}

// bring lets a message arrive on every connection.
func (e *economy) bring() error {
	e.sent += int64(e.message)
	for _, client := range e.clients {
		if _, err := unix.Write(client, make([]byte, e.message)); err != nil {
			return fmt.Errorf("write a message: %w", err)
		}
	}
	for _, server := range e.servers {
		if err := arrival.Bytes(server, e.sent); err != nil {
			return err
		}
	}
	return nil
}

// serve reads what was brought. The wait in which a server would then sleep is the first one of the next round.
func (e *economy) serve() error {
	for left := e.message * len(e.servers); left > 0; {
		events, err := e.ep.Wait(len(e.servers), 0)
		if err != nil {
			return err
		}
		if len(events) == 0 {
			return check.Failf("reports until all is read", "%d bytes lie unread and no wait reports them", left)
		}
		e.calls.waits++
		e.calls.reports += len(events)
		for _, event := range events {
			n, err := e.drain(int(event.Fd))
			if err != nil {
				return err
			}
			left -= n
		}
	}
	return nil
}

// drain reads one connection until a read says that it is enough, and returns how many bytes came.
func (e *economy) drain(fd int) (sum int, err error) {
	for {
		n, err := unix.Read(fd, e.buf)
		if err != nil && !errors.Is(err, unix.EAGAIN) {
			return sum, fmt.Errorf("read a message: %w", err)
		}
		e.calls.reads++
		sum += max(n, 0)
		if e.enough(n) {
			return sum, nil
		}
	}
}

// inTurn lets two servers serve round after round, each of them first every other time, and gives the ratio of their
// CPU times, second to first, for each round.
func inTurn(rounds int, a, b *economy) (ratios []float64, err error) {
	for round := range rounds {
		var cost [2]time.Duration
		for k := range 2 {
			i := (round + k) % 2
			if cost[i], err = [2]*economy{a, b}[i].round(); err != nil {
				return nil, err
			}
		}
		ratios = append(ratios, float64(cost[1])/float64(cost[0]))
	}
	return ratios, nil
}

// round brings and serves one message on every connection, and gives the CPU time of serving.
func (e *economy) round() (cost time.Duration, err error) {
	if err := e.bring(); err != nil {
		return 0, err
	}
	cost = measure.CPU(func() { err = e.serve() })
	return cost, err
}
