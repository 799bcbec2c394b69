//go:build linux

package threadpool

import "sync"

// A Queue passes connections from the thread that accepts them to those that serve them. It is shared by all of them, so
// it is locked: every look at it, and every change, is made by who holds the mutex. It is bounded: when it is full, Put
// waits, which stops the accepting, so that further clients wait in the kernel's queue, which is bounded too.
type Queue struct {
	mu       sync.Mutex
	filled   sync.Cond // there is something to take, or nothing will come any more
	emptied  sync.Cond // there is room
	ring     []int     // descriptors
	first, n int       // where the oldest is, and how many there are
	closed   bool
}

// NewQueue makes a queue that holds at most size descriptors.
func NewQueue(size int) *Queue {
	q := &Queue{ring: make([]int, size)}
	q.filled.L, q.emptied.L = &q.mu, &q.mu
	return q
}

// Put appends a descriptor, and waits for room first. It reports false if the queue was closed: then the descriptor is
// still the caller's.
func (q *Queue) Put(fd int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.n == len(q.ring) && !q.closed {
		q.emptied.Wait()
	}
	if q.closed {
		return false
	}
	q.ring[(q.first+q.n)%len(q.ring)] = fd
	q.n++
	q.filled.Signal() // one thread: there is one to take
	return true
}

// Take removes the oldest descriptor, and waits for one first. It reports false when the queue was closed and nothing is
// left in it.
func (q *Queue) Take() (fd int, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.n == 0 && !q.closed {
		q.filled.Wait()
	}
	if q.n == 0 {
		return -1, false
	}
	fd = q.ring[q.first]
	q.first = (q.first + 1) % len(q.ring)
	q.n--
	q.emptied.Signal()
	return fd, true
}

// Close lets nothing in any more. What is in the queue can still be taken.
func (q *Queue) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.filled.Broadcast()
	q.emptied.Broadcast()
}
