//go:build linux

package threadpool

import (
	"context"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

const (
	// defaultThreads is how many clients are served at the same time. It is small on purpose: a pool is to be cheap, and
	// to be seen to be a pool, it must run dry before a load of some tens of clients does.
	defaultThreads = 16

	// queueSize is how many accepted connections wait for a thread. Those beyond it wait in the kernel, unaccepted, which
	// costs the server nothing; so the queue need only bridge the moment in which a thread goes from one to the next.
	queueSize = 64
)

// pool starts its threads ahead, and gives them connections through a queue.
type pool struct {
	door    *server.Door
	roster  *server.Roster
	queue   *Queue
	threads sync.WaitGroup
}

// ServePool serves until ctx is cancelled or the process is told to stop.
func ServePool(ctx context.Context, cfg server.Config) error {
	runtime.LockOSThread() // one thread accepts
	defer runtime.UnlockOSThread()
	p := &pool{roster: server.NewRoster(), queue: NewQueue(queueSize)}
	defer p.threads.Wait()
	defer p.finish()
	if err := p.start(cfg); err != nil {
		return err
	}
	door, err := server.OpenBlocking(ctx, cfg, p.finish)
	if err != nil {
		return err
	}
	defer door.Close()
	p.door = door
	return p.run()
}

// start makes the threads, before there is anybody to serve. It returns when all of them are there.
func (p *pool) start(cfg server.Config) error {
	n := cfg.Workers
	if n <= 0 {
		n = defaultThreads
	}
	var ready sync.WaitGroup
	for range n {
		clerk, err := server.NewClerk(cfg)
		if err != nil {
			return err
		}
		ready.Add(1)
		p.threads.Add(1)
		go p.serve(clerk, &ready)
	}
	ready.Wait()
	return nil
}

// run accepts, and puts whoever comes into the queue.
func (p *pool) run() error {
	for {
		fd, err := p.door.Admit()
		if err != 0 {
			return p.drain(err)
		}
		p.roster.Enter(fd)
		if !p.queue.Put(fd) { // told to stop, while the queue was full
			p.roster.Leave(fd)
		}
	}
}

// serve is a thread: it takes a connection from the queue, serves it until it ends, and takes the next.
func (p *pool) serve(clerk *server.Clerk, ready *sync.WaitGroup) {
	runtime.LockOSThread() // and never unlock: the thread ends with the goroutine
	defer p.threads.Done()
	ready.Done()
	for {
		fd, ok := p.queue.Take()
		if !ok {
			return
		}
		clerk.Serve(fd)
		p.roster.Leave(fd)
	}
}

// finish tells everybody that the service ends: who waits at the queue, and who waits for a client.
func (p *pool) finish() {
	p.queue.Close()
	p.roster.Finish()
}

// drain ends the service: no new client, an answer to every request that has come, also of those in the queue.
func (p *pool) drain(err unix.Errno) error {
	p.door.CloseListener()
	p.finish()
	p.roster.Wait()
	return server.Ended(err)
}
