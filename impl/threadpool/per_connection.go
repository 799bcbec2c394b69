//go:build linux

package threadpool

import (
	"context"
	"runtime"
	"runtime/debug"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// perConnection starts a thread for each connection. The thread ends with it.
type perConnection struct {
	door    *server.Door
	roster  *server.Roster
	places  chan struct{} // a token per thread: as many as there may be
	clerks  sync.Pool     // of threads that have ended, with their buffers
	threads sync.WaitGroup
}

// ServePerConnection serves until ctx is cancelled or the process is told to stop.
func ServePerConnection(ctx context.Context, cfg server.Config) error {
	runtime.LockOSThread() // one thread accepts
	defer runtime.UnlockOSThread()
	roster := server.NewRoster()
	door, err := server.OpenBlocking(ctx, cfg, roster.Finish)
	if err != nil {
		return err
	}
	defer door.Close()
	most := room(cfg.Workers)
	defer debug.SetMaxThreads(debug.SetMaxThreads(most + spareThreads))
	p := &perConnection{door: door, roster: roster, places: make(chan struct{}, most)}
	p.clerks.New = func() any {
		clerk, _ := server.NewClerk(cfg) // fails for an unknown protocol, with which no door opens
		return clerk
	}
	return p.run()
}

// run accepts, and starts a thread for whoever comes.
func (p *perConnection) run() error {
	for {
		p.places <- struct{}{} // with no thread left, the clients wait in the listener's queue
		fd, err := p.door.Admit()
		if err != 0 {
			return p.drain(err)
		}
		p.roster.Enter(fd)
		p.threads.Add(1)
		go p.serve(fd)
	}
}

// serve is the thread: it is made for one connection, and handed its descriptor. The goroutine never unlocks its thread,
// so the runtime does not use the thread again, but lets it end.
func (p *perConnection) serve(fd int) {
	runtime.LockOSThread()
	defer p.threads.Done()
	clerk := p.clerks.Get().(*server.Clerk)
	clerk.Serve(fd)
	p.clerks.Put(clerk)
	p.roster.Leave(fd)
	<-p.places
}

// drain ends the service: no new client, an answer to every request that has come.
func (p *perConnection) drain(err unix.Errno) error {
	p.door.CloseListener()
	p.roster.Finish()
	p.roster.Wait()
	p.threads.Wait()
	return server.Ended(err)
}
