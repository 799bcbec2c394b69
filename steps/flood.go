//go:build linux

package steps

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cucumber/godog"
	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/await"
	"github.com/iospec/iospec/internal/measure"
	"github.com/iospec/iospec/internal/proc"
)

// A flood is what many clients met who all came at once, in each of several rounds.
type flood struct {
	busiest  []float64 // CPU time for each client that the thread with the most to do has spent, in ns
	accepted []float64 // until nobody waited to be accepted, in ns
	answered []float64 // until everybody was answered, in ns
}

// floods compares who is busiest when many clients come at once. It breaks when the busiest thread of the one server has
// no more to do than that of the other.
func floods(sc *godog.ScenarioContext, w *World) {
	b := &beside{w: w}
	var seen [2]flood
	sc.Given(`^the server, and ([a-z/-]+) beside it$`, func(ctx context.Context, name string) error { return b.invite(ctx, 1, name) })
	sc.When(`^(\d+) clients come to each at once, each with a request, in (\d+) rounds$`, func(n, rounds int) error {
		for range rounds {
			for i, c := range b.sides {
				if err := c.flood(n, &seen[i]); err != nil {
					return err
				}
			}
		}
		for i, f := range seen {
			w.Note("%s: %.1f µs of CPU time for each client in the busiest thread; accepted within %.1f ms, answered within %.1f ms, in the middle of %d rounds of %d",
				b.names[i], measure.Median(f.busiest)/1e3, measure.Median(f.accepted)/1e6, measure.Median(f.answered)/1e6, rounds, n)
		}
		return nil
	})
	sc.Then(`^the busiest thread of the server spends more than ([\d.]+) times as much CPU time for each of them as that of the other$`, func(times float64) error {
		ratio := measure.Median(seen[0].busiest) / measure.Median(seen[1].busiest)
		if ratio <= times {
			return check.Failf(fmt.Sprintf("more than %.1f times the CPU time of the busiest thread of %s", times, b.names[1]), "%.2f times", ratio)
		}
		w.Note("%.2f times", ratio)
		return nil
	})
}

// flood lets n clients come at once: the server is stopped while they connect and ask, and finds all of them waiting. Then
// they leave.
func (c *crowd) flood(n int, seen *flood) error {
	before, err := c.spent()
	if err != nil {
		return err
	}
	pids, err := c.server.PIDs()
	if err != nil {
		return err
	}
	signal := func(s unix.Signal) (err error) {
		for _, pid := range pids {
			err = errors.Join(err, unix.Kill(pid, s))
		}
		return err
	}
	if err := signal(unix.SIGSTOP); err != nil {
		return fmt.Errorf("stop the server for a moment: %w", err)
	}
	first := len(c.clients)
	err = c.grow(n)
	for _, g := range c.clients[first:] {
		err = errors.Join(err, c.send(g))
	}
	started := time.Now()
	if err = errors.Join(err, signal(unix.SIGCONT)); err != nil {
		return err
	}
	if err := await.Until("the accept queue to be empty", c.nobodyWaits); err != nil {
		return err
	}
	seen.accepted = append(seen.accepted, float64(time.Since(started)))
	for _, g := range c.clients[first:] {
		if err := g.receive(); err != nil {
			return err
		}
	}
	seen.answered = append(seen.answered, float64(time.Since(started)))
	after, err := c.spent()
	if err != nil {
		return err
	}
	most, _ := busiest(before, after)
	seen.busiest = append(seen.busiest, float64(most)/float64(n))
	for _, g := range c.clients[first:] {
		c.leave(g)
	}
	c.clients = c.clients[:first]
	return nil
}

// nobodyWaits reports whether the server's accept queue is empty.
func (c *crowd) nobodyWaits() (bool, error) {
	listeners, err := proc.Find(proc.Query{States: []proc.TCPState{proc.Listen}, Port: uint16(c.to.Port)})
	if err != nil || len(listeners) == 0 {
		return false, errors.Join(err, errors.New("the server has no listener any more"))
	}
	for _, l := range listeners {
		if l.RecvQueue > 0 {
			return false, nil
		}
	}
	return true, nil
}
