//go:build linux

package reactor

import "sync"

// A Queue hands tasks to whichever thread is free, in order: a list under a mutex, and a condition for those who wait.
type Queue[T any] struct {
	mu     sync.Mutex
	some   sync.Cond
	items  []T // taken from head on
	head   int
	closed bool
}

// NewQueue makes an empty one.
func NewQueue[T any]() *Queue[T] {
	q := new(Queue[T])
	q.some.L = &q.mu
	return q
}

// Put adds an item at the end.
func (q *Queue[T]) Put(item T) {
	q.mu.Lock()
	if q.head > len(q.items)/2 { // the list is reused, not dragged along
		n := copy(q.items, q.items[q.head:])
		clear(q.items[n:])
		q.items, q.head = q.items[:n], 0
	}
	q.items = append(q.items, item)
	q.mu.Unlock()
	q.some.Signal()
}

// Take takes the first item, and blocks until there is one. It says false once the queue is closed, also if there is.
func (q *Queue[T]) Take() (item T, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.head == len(q.items) && !q.closed {
		q.some.Wait()
	}
	if q.closed {
		return item, false
	}
	item = q.items[q.head]
	q.head++
	return item, true
}

// Close sends those who take away.
func (q *Queue[T]) Close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.some.Broadcast()
}
