//go:build linux

package counterexamples

import (
	"context"
	"sync"

	"github.com/iospec/iospec/impl/server"
)

var unlockedQueue = Server{
	Name:    "counterexample/unlocked-queue",
	Traits:  []string{"thread-pool"},
	Breaks:  []string{"pool.created-ahead", "pool.queue-locked", "pool.takes-from-queue"},
	Mistake: "two threads of the pool take the same connection, because the queue is not locked between looking and removing",
	Serve: func(ctx context.Context, cfg server.Config) error {
		return serveBlocking(ctx, cfg, func(h *hall) {
			queue := &twoSteps{}
			queue.filled.L = &queue.mu
			for range 16 {
				h.thread(func(*server.Clerk) { h.serveTaken(queue) })
			}
			table := server.NewTable(h.door)
			h.give = func(fd int) {
				c := &taken{fd: fd, turn: make(chan *server.Conn, 1)}
				c.turn <- table.Add(fd)
				queue.put(c)
			}
			h.end = queue.close
		})
	},
}

// twoSteps is a queue of which each step is locked, so that it stays whole, and not what belongs together.
type twoSteps struct {
	mu     sync.Mutex
	filled sync.Cond
	first  []*taken
	closed bool
}

func (q *twoSteps) put(c *taken) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.first = append(q.first, c)
	q.filled.Broadcast()
}

func (q *twoSteps) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.filled.Broadcast()
}

// take gives the first connection of the queue, or nil when none will come.
func (q *twoSteps) take() *taken {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.first) == 0 && !q.closed {
		q.filled.Wait()
	}
	if len(q.first) == 0 {
		return nil
	}
	// The mistake: one looks at what is first, and removes it afterwards. Nearly always that goes well; here it never
	// does: a second thread looks before the first one has removed. (That the second removes another one, which is
	// lost, is left out, so that no more than this is wrong.)
	c := q.first[0]
	if c.takers++; c.takers == 2 {
		q.first = q.first[1:]
	}
	return c
}

// taken is a connection, and what the threads that have taken it share. They serve it in turns: nothing is wrong with
// what its client gets.
type taken struct {
	fd     int
	takers int               // the queue's to count
	turn   chan *server.Conn // who has received it has the turn; closed when the conversation is over
}

func (h *hall) serveTaken(q *twoSteps) {
	desk := server.NewDesk(h.door)
	desk.Blocking = true
	for c := q.take(); c != nil; c = q.take() {
		for conn := range c.turn {
			if aTurn(conn, desk) {
				c.turn <- conn // who waits for the turn gets it, first come, first served
				continue
			}
			close(c.turn)
			h.leave(c.fd)
		}
	}
}
