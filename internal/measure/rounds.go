package measure

// A Contest measures several bodies in turn, round after round. Body i does repeat[i] operations of one kind in a run.
type Contest struct {
	bodies  []func()
	ops     []int
	samples [][]float64
}

// Add enters a body that does ops operations each time it runs, and returns its number.
func (c *Contest) Add(ops int, body func()) int {
	c.bodies = append(c.bodies, body)
	c.ops = append(c.ops, ops)
	c.samples = append(c.samples, nil)
	return len(c.bodies) - 1
}

// Run runs every body once per round: in order, then in reverse order, in turn, so that none is always first. It may be
// called again for more rounds.
func (c *Contest) Run(rounds int) {
	n := len(c.bodies)
	for r := range rounds {
		for k := range n {
			i := k
			if r%2 == 1 {
				i = n - 1 - k
			}
			spent := CPU(c.bodies[i])
			c.samples[i] = append(c.samples[i], float64(spent.Nanoseconds())/float64(c.ops[i]))
		}
	}
}

// Samples gives what body i cost in each round, in nanoseconds of CPU time per operation.
func (c *Contest) Samples(i int) []float64 { return c.samples[i] }

// Costs gives what each body costs, in nanoseconds of CPU time per operation: the lower quartile of its rounds. Most
// noise adds, so the middle is too high; but a hypervisor's stolen time is subtracted in lumps, so the least may lie far
// below the truth.
func (c *Contest) Costs() []float64 {
	costs := make([]float64, len(c.samples))
	for i, s := range c.samples {
		costs[i] = Quantile(s, 0.25)
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
