//go:build linux

package reactor

import (
	"context"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// ServeSingleThreads is one reactor with worker threads. The reactor's thread accepts, reads and sends; the workers do
// the work in between, and touch no socket. It serves until ctx is cancelled or the process is told to stop.
func ServeSingleThreads(ctx context.Context, cfg server.Config) error {
	runtime.LockOSThread() // the reactor is one thread
	defer runtime.UnlockOSThread()
	door, err := server.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer door.Close()
	reactor, err := NewReactor()
	if err != nil {
		return err
	}
	defer reactor.Close()
	done, err := NewInbox[*server.Task]()
	if err != nil {
		return err
	}
	defer done.Free()

	todo := NewQueue[*server.Task]()
	handler, work := newDelegatingHandler(reactor, door, todo.Put)
	defer handler.CloseAll()
	if err := reactor.Register(done.fd, unix.EPOLLIN, &results{done, work}); err != 0 {
		return server.Fatal("epoll_ctl", err)
	}
	defer startWorkers(workers(cfg), todo, done)()
	acceptor := NewAcceptor(reactor, door, handler.Open)
	handler.freed = acceptor.Resume
	return serve(door, reactor, acceptor, handler)
}

// startWorkers starts the worker threads. Stop ends them, after the task that each is at: a thread cannot be stopped
// in the middle of its work.
func startWorkers(n int, todo *Queue[*server.Task], done *Inbox[*server.Task]) (stop func()) {
	var threads sync.WaitGroup
	for range n {
		threads.Go(func() {
			runtime.LockOSThread() // a worker is a thread, and may block in what it does
			defer runtime.UnlockOSThread()
			work(todo, done)
		})
	}
	return func() {
		todo.Close()
		threads.Wait()
	}
}

// work is the life of a worker: it takes a task, does the work, and hands back the result.
func work(todo *Queue[*server.Task], done *Inbox[*server.Task]) {
	room := make([]byte, server.BufferSize)
	for {
		task, ok := todo.Take()
		if !ok {
			return
		}
		task.Do(room)
		done.Put(task)
	}
}

// results handles the event that workers have finished tasks.
type results struct {
	inbox *Inbox[*server.Task]
	work  *delegated
}

// HandleEvent implements EventHandler.
func (r *results) HandleEvent(int, uint32) {
	tasks, _ := r.inbox.TakeAll()
	for _, t := range tasks {
		r.work.Finish(t)
	}
}
