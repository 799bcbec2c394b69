//go:build linux

package counterexamples

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// A careless list passes things from one thread to several, in order. It is locked only while it is short.
//
// The mistake: a lock costs, and while the list is long, who puts is at one end of it and who takes at the other, so they
// cannot meet. True; but those who take meet one another. Two look at what is first, both take it, and the thing at the
// end of the list is taken by nobody.
//
// Each word of it is atomic, so that nothing worse happens, and no tool for finding races finds any.
type careless[T any] struct {
	mu          sync.Mutex
	ring        [ringSize]atomic.Pointer[T]
	first, last atomic.Int64
	there       chan struct{} // as many as there are things in it
	over        chan struct{}
	end         func() // nothing is taken any more
}

const (
	ringSize = 1 << 12
	short    = 100 // things in the list
)

func newCareless[T any]() *careless[T] {
	c := &careless[T]{there: make(chan struct{}, ringSize), over: make(chan struct{})}
	c.end = sync.OnceFunc(func() { close(c.over) })
	return c
}

// put is for one thread.
func (c *careless[T]) put(thing *T) {
	last := c.last.Load()
	c.ring[last%ringSize].Store(thing)
	c.last.Store(last + 1)
	select {
	case c.there <- struct{}{}:
	case <-c.over:
	}
}

// take waits until there is something. It gives nil when it is over.
func (c *careless[T]) take() *T {
	select {
	case <-c.there:
	case <-c.over:
		return nil
	}
	if c.last.Load()-c.first.Load() < short {
		c.mu.Lock()
		defer c.mu.Unlock()
	}
	first := c.first.Load()
	thing := c.ring[first%ringSize].Load()
	runtime.Gosched() // so that others look, too, every time and not only seldom
	c.first.Store(first + 1)
	return thing
}
