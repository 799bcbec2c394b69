//go:build linux

package multiproc

import (
	"context"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// A parent accepts, and has a process made for each connection.
type parent struct {
	door     *server.Door
	children *children
	spawn    func(connection int) (pid int, err error)
}

// ServeFork serves until ctx is cancelled or the process is told to stop.
func ServeFork(ctx context.Context, cfg server.Config) error {
	if err := unix.CloseRange(lastDescriptor, lastDescriptor, 0); err != nil { // there is none: a trial
		return os.NewSyscallError("close_range", err) // Linux 5.9
	}
	line, size, self := cfg.Protocol == "line", cfg.ReadSize, os.Getpid()
	if size <= 0 || size > server.BufferSize {
		size = server.BufferSize
	}
	return serveByChildren(ctx, cfg, func(connection int) (int, error) {
		syscall.ForkLock.Lock() // or a descriptor that another thread is making might get into the child
		defer syscall.ForkLock.Unlock()
		pid, err := fork(connection, self, line, size)
		if err != 0 {
			return 0, os.NewSyscallError("clone", err)
		}
		return pid, nil
	})
}

// serveByChildren is what the servers with a process per connection have in common: all but how one is made.
func serveByChildren(ctx context.Context, cfg server.Config, spawn func(int) (int, error)) error {
	runtime.LockOSThread() // the children end when the thread that made them does (PR_SET_PDEATHSIG)
	defer runtime.UnlockOSThread()
	children := raise()
	defer children.close()
	door, err := server.OpenBlocking(ctx, cfg, children.finish)
	if err != nil {
		return err
	}
	defer door.Close()
	p := &parent{door, children, spawn}
	return p.run()
}

// run accepts, and has a child made for whoever comes.
func (p *parent) run() error {
	for {
		fd, err := p.door.Admit()
		if err != 0 {
			return p.drain(server.Ended(err))
		}
		if err := p.handOver(fd); err != nil {
			return p.drain(err)
		}
	}
}

// handOver gives the connection to a new child, and forgets it: as long as this process had it too, the client would not
// see its end. When the kernel refuses a process, the connection waits until it grants one again, and those that come
// after it wait in the listener's queue.
func (p *parent) handOver(fd int) error {
	defer server.CloseFD(fd)
	for {
		err := p.children.add(func() (int, error) { return p.spawn(fd) })
		if err == nil || !passing(err) {
			return err
		}
		p.door.Scarce("make a process", err, "ulimit -u and the control group's pids.max bound them")
		if p.children.stopping() {
			return nil
		}
		server.Nap()
	}
}

// drain ends the service: no new client, an answer to every request that has come, no child left.
func (p *parent) drain(err error) error {
	p.door.CloseListener()
	p.children.finish()
	p.children.wait()
	return err
}
