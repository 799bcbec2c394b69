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

// Least gives each body's cheapest round, in nanoseconds of CPU time per operation.
func (c *Contest) Least() []float64 {
	least := make([]float64, len(c.samples))
	for i, s := range c.samples {
		least[i] = Min(s)
	}
	return least
}

// Until runs the contest in batches of rounds until the shape asked for is there, or the last batch is over, and tells
// whether it is. More rounds only lower the least costs towards what the work itself costs, so a true shape appears
// sooner or later, and a false one does not.
func (c *Contest) Until(batches, rounds int, shape func(least []float64) bool) bool {
	for range batches {
		c.Run(rounds)
		if shape(c.Least()) {
			return true
		}
	}
	return false
}
