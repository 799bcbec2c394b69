//go:build linux

package counterexamples

import (
	"context"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// A hall is where threads serve one connection each, on blocking sockets, with nothing wrong about it. What becomes of a
// connection that was accepted is a variable.
type hall struct {
	cfg     server.Config
	door    *server.Door
	threads sync.WaitGroup

	give func(fd int) // has a connection served
	end  func()       // tells threads that wait for a connection that none will come

	mu    sync.Mutex
	open  map[int]bool
	ended bool
}

// serveBlocking accepts in one thread, and gives away what it gets. The hall has been spoilt by then.
func serveBlocking(ctx context.Context, cfg server.Config, spoil func(*hall)) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	h := &hall{cfg: cfg, end: func() {}, open: map[int]bool{}}
	door, err := server.OpenBlocking(ctx, cfg, h.shut)
	if err != nil {
		return err
	}
	defer door.Close()
	h.door = door
	spoil(h)
	defer h.threads.Wait()
	defer func() { h.end() }()
	defer h.shut()
	for {
		fd, err := door.Admit()
		if err != 0 {
			return server.Ended(err)
		}
		h.enter(fd)
		h.give(fd)
	}
}

// thread starts a thread that ends with its work, and returns when it is there.
func (h *hall) thread(work func(*server.Clerk)) {
	there := make(chan struct{})
	defer func() { <-there }()
	h.threads.Go(func() {
		runtime.LockOSThread() // and never unlock: the thread ends with the goroutine
		close(there)
		if clerk, err := server.NewClerk(h.cfg); err == nil { // it fails for an unknown protocol, with which no door opens
			work(clerk)
		}
	})
}

// serve talks with a client to its end.
func (h *hall) serve(clerk *server.Clerk, fd int) {
	clerk.Serve(fd)
	h.leave(fd)
}

// enter notes a connection, so that whoever is blocked in it can be told when the service is over.
func (h *hall) enter(fd int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open[fd] = true
	if h.ended {
		_ = unix.Shutdown(fd, unix.SHUT_RDWR)
	}
}

// leave closes a connection.
func (h *hall) leave(fd int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.open, fd)
	server.CloseFD(fd)
}

// shut ends all connections: whoever is blocked in one sees its end.
func (h *hall) shut() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = true
	for fd := range h.open {
		_ = unix.Shutdown(fd, unix.SHUT_RDWR)
	}
}
