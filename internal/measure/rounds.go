//go:build linux

package measure

import "time"

// A Contest measures several bodies in turn, round after round.
type Contest struct {
	entries []entry
	samples [][]float64
	err     error
}

// entry is a body that does ops operations of one kind each time it runs, the clock that counts what it spends, and
// which of many rounds tells the truth.
type entry struct {
	ops   int
	body  func()
	spent func(body func()) (time.Duration, error)
	truth func(samples []float64) float64
}

// Add enters a body that does ops operations each time it runs, and returns its number. What it costs is the time of its
// fastest round: whatever else the machine does makes a round slower, and never faster. A round should take some tens
// of microseconds and at most a few hundred, so that on a busy machine, too, there are rounds that nothing interrupts.
func (c *Contest) Add(ops int, body func()) int {
	return c.enter(entry{ops, body, elapsed, Min})
}

// AddProcess enters a body that makes another process do ops operations. What it costs is the CPU time which that
// process, with all its threads, spends meanwhile, in the middle round. The time on the wall would say more about the
// machine than about the process; the least CPU time would lie, because the kernel subtracts what a hypervisor steals
// not always from whom it was stolen.
func (c *Contest) AddProcess(pid, ops int, body func()) int {
	return c.AddProcesses([]int{pid}, ops, body)
}

// AddProcesses does the same for several processes, which together do the operations.
func (c *Contest) AddProcesses(pids []int, ops int, body func()) int {
	spent := func(body func()) (time.Duration, error) { return whileIn(pids, body) }
	return c.enter(entry{ops, body, spent, Median})
}

func (c *Contest) enter(e entry) int {
	c.entries = append(c.entries, e)
	c.samples = append(c.samples, nil)
	return len(c.entries) - 1
}

// Forget drops what was measured, so that the next rounds are judged by themselves.
func (c *Contest) Forget() {
	for i := range c.samples {
		c.samples[i] = nil
	}
}

// Err is the first error of a clock: a process that has ended has none.
func (c *Contest) Err() error { return c.err }

// Run runs every body once per round: in order, then in reverse order, in turn, so that none is always first. It may be
// called again for more rounds.
func (c *Contest) Run(rounds int) {
	n := len(c.entries)
	for r := range rounds {
		for k := range n {
			i := k
			if r%2 == 1 {
				i = n - 1 - k
			}
			e := c.entries[i]
			spent, err := e.spent(e.body)
			if err != nil && c.err == nil {
				c.err = err
			}
			c.samples[i] = append(c.samples[i], float64(spent.Nanoseconds())/float64(e.ops))
		}
	}
}

// Samples gives what body i cost in each round, in nanoseconds per operation.
func (c *Contest) Samples(i int) []float64 { return c.samples[i] }

// Costs gives what each body costs, in nanoseconds per operation.
func (c *Contest) Costs() []float64 {
	costs := make([]float64, len(c.samples))
	for i, s := range c.samples {
		costs[i] = c.entries[i].truth(s)
	}
	return costs
}

// Until runs the contest in batches of rounds until the costs have the shape asked for, or the last batch is over, and
// tells whether they have. With more rounds the costs come nearer to what the work itself takes, so a true shape
// appears sooner or later, and one that is far from the truth does not.
func (c *Contest) Until(batches, rounds int, shape func(costs []float64) bool) bool {
	for range batches {
		c.Run(rounds)
		if shape(c.Costs()) {
			return true
		}
	}
	return false
}

// Afresh is Until, tried again from the beginning when it was in vain: a neighbour who was busy all the while has gone by
// then, or never will.
func (c *Contest) Afresh(times, batches, rounds int, shape func(costs []float64) bool) bool {
	for range times {
		c.Forget()
		if c.Until(batches, rounds, shape) {
			return true
		}
	}
	return false
}

func elapsed(body func()) (time.Duration, error) {
	started := time.Now()
	body()
	return time.Since(started), nil
}
