//go:build linux

package steps

import (
	"fmt"
	"maps"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/iospec/iospec/check"
	"github.com/iospec/iospec/internal/measure"
	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/subject/protocol"
)

// rounds is how often the same work is asked for.
const rounds = 6

// besides is how much of the work's CPU time all threads but the busiest may take where one does the work. A runtime
// looks after its threads in one of its own: Go's (sysmon) wakes every 20 µs at first while a goroutine computes, which
// took between 0.03 and 0.27 of the work, depending on what a timer costs the machine. Threads that work, while another
// one only keeps busy, take 1 together, however many they are.
const besides = 0.5

// A shift is what became of all rounds of work: how much CPU time the busiest thread took, and all others together, and
// how long the fastest round took. The times are divided by the CPU time that was asked for, so 1 is all the work. A
// thread runs on one core at a time, so of a server in which one thread does everything they say all; they are the same
// however busy the machine is.
type shift struct {
	busiest, others float64
	cores           float64 // CPU time divided by the time that passed, in the best round
	fastest         time.Duration
}

// byOne tells whether one thread did more than most of the work, and the others hardly any.
func (s shift) byOne(most float64) bool { return s.busiest > most && s.others < besides }

// toilInTurns puts both servers to work.
func (b *beside) toilInTurns() (err error) {
	var before [2]map[int]time.Duration
	for i, c := range b.sides {
		if before[i], err = c.spent(); err != nil {
			return err
		}
		b.shifts[i] = shift{fastest: math.MaxInt64}
	}
	for range rounds {
		for i, c := range b.sides {
			cpu, took, err := c.toil(b.work)
			if err != nil {
				return err
			}
			s := &b.shifts[i]
			s.cores, s.fastest = max(s.cores, float64(cpu)/float64(took)), min(s.fastest, took)
		}
	}
	for i, c := range b.sides {
		after, err := c.spent()
		if err != nil {
			return err
		}
		most, all := busiest(before[i], after)
		asked := float64(rounds * len(c.clients) * int(b.effort))
		b.shifts[i].busiest, b.shifts[i].others = float64(most)/asked, float64(all-most)/asked
	}
	return nil
}

// toil has every client ask for the work at once, and returns when all have been answered. It tells what CPU time it took
// the server, and what time passed.
func (c *crowd) toil(work protocol.Request) (cpu, took time.Duration, err error) {
	pids, err := c.server.PIDs()
	if err != nil {
		return 0, 0, err
	}
	started := time.Now()
	before, err := measure.ProcessesCPU(pids)
	for _, g := range c.clients {
		if err == nil {
			err = g.request(work)
		}
	}
	for _, g := range c.clients {
		if err == nil {
			err = g.receive()
		}
	}
	if err != nil {
		return 0, 0, err
	}
	after, err := measure.ProcessesCPU(pids)
	return after - before, time.Since(started), err
}

// spent gives the CPU time of each of the server's threads.
func (c *crowd) spent() (map[int]time.Duration, error) {
	pids, err := c.server.PIDs()
	all := map[int]time.Duration{}
	for _, pid := range pids {
		one, err := proc.Spent(pid)
		if err != nil {
			return nil, err
		}
		maps.Copy(all, one)
	}
	if len(all) == 0 && err == nil {
		err = check.Unsupportedf("the kernel does not tell the CPU time of threads (/proc/PID/task/TID/schedstat, CONFIG_SCHED_INFO)")
	}
	return all, err
}

// busiest gives what was spent meanwhile by the thread that spent most, and by all of them.
func busiest(before, after map[int]time.Duration) (most, all time.Duration) {
	for tid, total := range after {
		most, all = max(most, total-before[tid]), all+total-before[tid]
	}
	return most, all
}

// spread holds that one server works in one thread, and another in several.
func (b *beside) spread(one, many int, most, least float64) error {
	if err := b.toilInTurns(); err != nil {
		return err
	}
	for i, s := range b.shifts {
		b.w.Note("%s: one thread took %.2f of the CPU time that was asked for, all others %.2f; in its best round it kept %.2f cores busy", b.names[i], s.busiest, s.others, s.cores)
	}
	if s := b.shifts[one]; !s.byOne(most) {
		return check.Failf(fmt.Sprintf("one thread that does more than %.2f of the work of %s, and others that take less than %.2f", most, b.names[one], besides), "%.2f and %.2f", s.busiest, s.others)
	}
	if at := b.shifts[many].busiest; at > least {
		return check.Failf(fmt.Sprintf("no thread that does more than %.2f of the work of %s", least, b.names[many]), "%.2f", at)
	}
	return nil
}

// faster holds that several threads are done sooner than one, unless the machine has no second core to give: not even to
// two threads that do nothing but compute.
func (b *beside) faster(many, one int, times float64) error {
	ratio := 0.0
	for range tries {
		if ratio = float64(b.shifts[one].fastest) / float64(b.shifts[many].fastest); ratio > times {
			b.w.Note("%s is done %.2f times as fast as %s", b.names[many], ratio, b.names[one])
			return nil
		}
		if gain := gainOfTwo(); gain < 1.6 {
			b.w.Note("the machine is too busy to show it in time: %s is done %.2f times as fast as %s, and two threads that only compute get %.2f times as much done as one", b.names[many], ratio, b.names[one], gain)
			return nil
		}
		if err := b.toilInTurns(); err != nil {
			return err
		}
	}
	return check.Failf(fmt.Sprintf("%s done more than %.1f times as fast as %s", b.names[many], times, b.names[one]), "%.2f times", ratio)
}

// gainOfTwo is how much more two threads get done than one, in the fastest round of each.
func gainOfTwo() float64 {
	const portion = 2_000_000
	var contest measure.Contest
	alone := contest.Add(2, func() { compute(2 * portion) })
	shared := contest.Add(2, func() {
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() { compute(portion) })
		}
		both.Wait()
	})
	contest.Run(rounds)
	costs := contest.Costs()
	return costs[alone] / costs[shared]
}

// compute keeps the processor busy for some n cycles.
func compute(n int) {
	x := int64(0)
	for i := range n {
		x ^= int64(i) * int64(i)
	}
	computed.Store(x)
}

// computed is where compute leaves what it computed, so that nobody may leave out the work.
var computed atomic.Int64
