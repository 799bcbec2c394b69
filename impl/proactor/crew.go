//go:build linux

package proactor

import "sync"

// A crew is a bounded number of helpers and what waits for them. There is no bound on that: it is one operation for each
// connection.
type crew struct {
	mu       sync.Mutex
	work     sync.Cond // there is some, or there will be none
	waiting  fifo[task]
	idle, n  int // helpers that wait for work, and all
	most     int
	finished bool
}

func newCrew(most int) *crew {
	c := &crew{most: most}
	c.work.L = &c.mu
	return c
}

// put leaves a task to the crew. more: another helper is to be made for it.
func (c *crew) put(t task) (more bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting.put(t)
	if more = c.idle < c.waiting.len() && c.n < c.most; more {
		c.n++
	} else {
		c.work.Signal()
	}
	return more
}

// take waits for a task, and takes the oldest. ok is false when there will be none.
func (c *crew) take() (t task, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.waiting.len() == 0 && !c.finished {
		c.idle++
		c.work.Wait()
		c.idle--
	}
	return c.waiting.take()
}

// close lets the helpers go when all is done.
func (c *crew) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.finished = true
	c.work.Broadcast()
}
