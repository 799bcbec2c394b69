//go:build linux

package multiproc

import (
	"context"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// defaultProcesses is how many clients are served at the same time. It is small on purpose: a pool is to be cheap, and to
// be seen to be a pool, it must run dry before a load of some tens of clients does.
const defaultProcesses = 16

// listener is the descriptor that a process of the pool inherits.
const listener = 3

// supervisor keeps a pool of processes. It never accepts.
type supervisor struct {
	door     *server.Door
	children *children
	cfg      server.Config
	size     int
}

// ServePrefork serves until ctx is cancelled or the process is told to stop.
func ServePrefork(ctx context.Context, cfg server.Config) error {
	runtime.LockOSThread() // the children end when the thread that made them does (PR_SET_PDEATHSIG)
	defer runtime.UnlockOSThread()
	children := raise()
	defer children.close()
	stop := make(chan struct{})
	door, err := server.OpenBlocking(ctx, cfg, func() { children.finish(); close(stop) })
	if err != nil {
		return err
	}
	defer door.Close()
	s := &supervisor{door, children, cfg, cfg.Workers}
	if s.size <= 0 {
		s.size = defaultProcesses
	}
	return s.run(stop)
}

// run fills the pool, and fills it again when a process of it has died.
func (s *supervisor) run(stop <-chan struct{}) error {
	for {
		if err := s.fill(); err != nil {
			return s.drain(err)
		}
		select {
		case <-s.children.died:
			server.Nap() // one that dies at birth, again and again, does not make this a busy loop
		case <-stop:
			return s.drain(nil)
		}
	}
}

// fill makes as many processes as the pool lacks. They inherit the listener.
func (s *supervisor) fill() error {
	for s.children.number() < s.size && !s.children.stopping() {
		err := s.children.add(func() (int, error) { return execute(preforkName, s.cfg, s.door.Listener) })
		switch {
		case err == nil:
		case passing(err):
			s.door.Scarce("make a process", err, "ulimit -u and the control group's pids.max bound them")
			server.Nap()
		default:
			return err
		}
	}
	return nil
}

// drain ends the service: no new client, an answer to every request that has come, no child left. That the listener was
// shut down has ended the accepting in all processes at once, for it is the same socket.
func (s *supervisor) drain(err error) error {
	s.door.CloseListener()
	s.children.finish()
	s.children.wait()
	return err
}

// serveListener is a process of the pool: it accepts, serves until that client is gone, and accepts the next. When several
// wait in accept, the kernel wakes one.
func serveListener(clerk *server.Clerk, roster *server.Roster) {
	for !roster.Finishing() {
		fd, err := server.Admit(listener, func(unix.Errno) {})
		if err != 0 {
			return // EINVAL: the listener is shut down
		}
		roster.Enter(fd)
		clerk.Serve(fd)
		roster.Leave(fd)
	}
}
