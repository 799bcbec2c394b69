//go:build linux

package steps

import (
	"errors"
	"fmt"

	"github.com/cucumber/godog"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/measure"
	"github.com/iospec/iospec/internal/proc"
)

// prices compares what two servers cost: memory, how often threads wait for one another, what a client takes. All
// steps break when the two servers are the same.
func prices(sc *godog.ScenarioContext, b *beside) {
	sc.Then(`^for a request, the server's threads go to sleep less than ([\d.]+) times as often as the other's$`, b.sleeps)
	sc.Then(`^the server takes more than ([\d.]+) times the memory of the other$`, b.memory)
	sc.Then(`^(\d+) clients more take more than (\d+) KiB each of the server, and less of the other$`, b.memoryOfClients)
	sc.Then(`^a client that only comes and goes costs the server more than ([\d.]+) times the CPU time that it costs the other$`, b.shortClients)
}

// sleeps compares how often threads wait for something while requests come one at a time: where a request is handed over,
// and its result back, others wait for it besides the one that waits for clients.
func (b *beside) sleeps(times float64) error {
	const repeats = 20
	var each [2]float64
	for i, c := range b.sides {
		before, err := c.slept()
		if err != nil {
			return err
		}
		for range repeats {
			if err := c.inTurn(c.clients); err != nil {
				return err
			}
		}
		after, err := c.slept()
		if err != nil {
			return err
		}
		each[i] = float64(after-before) / float64(repeats*len(c.clients))
	}
	b.w.Note("for each request, threads of %s go to sleep %.2f times, and of %s %.2f times", b.names[0], each[0], b.names[1], each[1])
	if each[0] >= times*each[1] {
		return check.Failf(fmt.Sprintf("less than %.1f times as often as in %s", times, b.names[1]), "%.2f and %.2f times for each request", each[0], each[1])
	}
	return nil
}

// slept tells how often the server's threads have gone to sleep so far.
func (c *crowd) slept() (sum int, err error) {
	pids, err := c.server.PIDs()
	for _, pid := range pids {
		n, err := proc.Sleeps(pid)
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, err
}

// memory compares what the servers take with the clients that they have.
func (b *beside) memory(times float64) error {
	var all [2]footprint
	for i, c := range b.sides {
		var err error
		if all[i], err = footprintOf(c.server.PID()); err != nil {
			return err
		}
		b.w.Note("%s: %.1f MiB in %d tasks (Pss, page tables and kernel stacks)", b.names[i], float64(all[i].memory())/(1<<20), all[i].tasks)
	}
	if ratio := float64(all[0].memory()) / float64(all[1].memory()); ratio <= times {
		return check.Failf(fmt.Sprintf("more than %.1f times the memory of %s", times, b.names[1]), "%.2f times", ratio)
	}
	return nil
}

// memoryOfClients compares what each server keeps for a client besides the socket, kernel stacks included.
func (b *beside) memoryOfClients(n int, kib int64) error {
	var each [2]int64
	for i, c := range b.sides {
		before, err := footprintOf(c.server.PID())
		if err != nil {
			return err
		}
		if err := errors.Join(c.grow(n), c.inTurn(c.clients)); err != nil {
			return err
		}
		after, err := footprintOf(c.server.PID())
		if err != nil {
			return err
		}
		each[i] = (after.memory() - before.memory()) / int64(n)
		b.w.Note("%s: %d bytes and %.2f tasks for each of %d clients (Pss, page tables and kernel stacks); %.1f MiB for 10000 of them, computed",
			b.names[i], each[i], float64(after.tasks-before.tasks)/float64(n), n, float64(each[i])*10_000/(1<<20))
	}
	if each[0] <= kib<<10 || each[1] >= kib<<10 {
		return check.Failf(fmt.Sprintf("more than %d KiB for a client, and less in %s", kib, b.names[1]), "%d and %d bytes", each[0], each[1])
	}
	return nil
}

// shortClients compares what it takes to accept a client, to answer it once, and to forget it.
func (b *beside) shortClients(times float64) error {
	const each = 10
	var contest measure.Contest
	var failed error
	for _, c := range b.sides {
		contest.AddProcess(c.server.PID(), each, func() {
			for range each {
				failed = errors.Join(failed, c.comeAndGo())
			}
		})
	}
	ok := contest.Afresh(3, 8, 6, func(costs []float64) bool { return costs[0] > times*costs[1] })
	if err := errors.Join(failed, contest.Err()); err != nil {
		return err
	}
	costs := contest.Costs()
	b.w.Note("CPU time for a client that comes, asks once and leaves: %.1f µs, and %.1f µs in %s: %.2f times", costs[0]/1e3, costs[1]/1e3, b.names[1], costs[0]/costs[1])
	if !ok {
		return check.Failf(fmt.Sprintf("more than %.1f times the CPU time of %s", times, b.names[1]), "%.2f times", costs[0]/costs[1])
	}
	return nil
}

// comeAndGo is a client that connects, asks once, and leaves.
func (c *crowd) comeAndGo() error {
	last := len(c.clients)
	if err := c.grow(1); err != nil {
		return err
	}
	err := c.ask(c.clients[last])
	c.leave(c.clients[last])
	c.clients = c.clients[:last]
	return err
}
