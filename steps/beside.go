//go:build linux

package steps

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/measure"
	"github.com/iospec/iospec/subject/protocol"
)

// beside is the scenario's server and another one beside it, each with as many clients. They are put under the same load
// in turns, so that a neighbour who is busy meets both.
type beside struct {
	w      *World
	sides  [2]*crowd // the scenario's server, and the other
	names  [2]string
	work   protocol.Request // what clients ask for
	effort time.Duration    // the CPU time that it takes
	shifts [2]shift
}

// besideSteps defines the steps that compare two servers. Each breaks when the two are the same server.
func besideSteps(sc *godog.ScenarioContext, w *World) {
	const mine, other = 0, 1
	b := &beside{w: w}
	sc.Given(`^(\d+) clients of the server, and as many of ([a-z/-]+) beside it$`, b.invite)
	sc.When(`^all clients ask for (\d+) ms of work at once, those of one server and then those of the other, again and again$`, b.ask)
	sc.Then(`^one thread does more than ([\d.]+) of the server's work, and none does more than ([\d.]+) of the other's$`,
		func(most, least float64) error { return b.spread(mine, other, most, least) })
	sc.Then(`^no thread does more than ([\d.]+) of the server's work, and one does more than ([\d.]+) of the other's$`,
		func(least, most float64) error { return b.spread(other, mine, most, least) })
	sc.Then(`^where the machine has a second core to give, the other is done more than ([\d.]+) times as fast$`,
		func(times float64) error { return b.faster(other, mine, times) })
	sc.Then(`^where the machine has a second core to give, the server is done more than ([\d.]+) times as fast as the other$`,
		func(times float64) error { return b.faster(mine, other, times) })
	sc.Then(`^a small request costs the server more than ([\d.]+) times the CPU time that it costs the other$`, b.dearer)
	sc.Then(`^a small request costs the server less than ([\d.]+) times the CPU time that it costs the other$`, b.cheaper)
	sc.When(`^the first client always has (\d+) ms of work under way, while the second asks for one small thing after the other$`, b.ask)
	sc.Then(`^the second is answered more than (\d+) times as often by the other server as by this one, for each piece of work$`, b.betweenWork)
	prices(sc, b)
}

// invite starts both servers, and has each serve all of its clients once.
func (b *beside) invite(ctx context.Context, n int, name string) (err error) {
	b.names = [2]string{b.w.Target.Name, name}
	if b.sides[0], err = b.w.invite(ctx); err != nil {
		return err
	}
	if b.sides[1], err = b.w.invitePeer(ctx, name); err != nil {
		return err
	}
	for _, c := range b.sides {
		if err := errors.Join(c.grow(n), c.inTurn(c.clients)); err != nil {
			return err
		}
	}
	return nil
}

// ask says what the clients will ask for. Work for two threads shows nothing where there is one core.
func (b *beside) ask(ms int) error {
	if cores := min(runtime.NumCPU(), runtime.GOMAXPROCS(0)); cores < 2 {
		return check.Unsupportedf("this machine gives us %d core: no server can use two (allow it another CPU)", cores)
	}
	b.work, b.effort = protocol.Line{}.Spin(ms), time.Duration(ms)*time.Millisecond
	return nil
}

// dearer and cheaper compare what requests cost that come one at a time, and ask for hardly anything.
func (b *beside) dearer(times float64) error {
	return b.cost(fmt.Sprintf("more than %.2f times the CPU time of %s", times, b.names[1]), func(ratio float64) bool { return ratio > times })
}

func (b *beside) cheaper(times float64) error {
	return b.cost(fmt.Sprintf("less than %.2f times the CPU time of %s", times, b.names[1]), func(ratio float64) bool { return ratio < times })
}

func (b *beside) cost(what string, right func(ratio float64) bool) error {
	const repeats = 5
	var contest measure.Contest
	var failed error
	for _, c := range b.sides {
		pids, err := c.server.PIDs()
		if err != nil {
			return err
		}
		contest.AddProcesses(pids, repeats*len(c.clients), func() {
			for range repeats {
				failed = errors.Join(failed, c.inTurn(c.clients))
			}
		})
	}
	ok := contest.Afresh(3, 8, 6, func(costs []float64) bool { return right(costs[0] / costs[1]) })
	if err := errors.Join(failed, contest.Err()); err != nil {
		return err
	}
	costs := contest.Costs()
	b.w.Note("CPU time for a request: %.1f µs, and %.1f µs in %s: %.2f times", costs[0]/1e3, costs[1]/1e3, b.names[1], costs[0]/costs[1])
	if !ok {
		return check.Failf(what, "%.2f times", costs[0]/costs[1])
	}
	return nil
}
