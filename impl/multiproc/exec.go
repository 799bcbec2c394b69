//go:build linux

package multiproc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// The programs that a child may become: this very one, under another name, with the protocol and the read size.
const (
	execName    = "iospec: serves one connection"
	preforkName = "iospec: accepts, and serves one connection at a time"
)

func init() {
	if len(os.Args) != 3 {
		return
	}
	switch os.Args[0] {
	case execName:
		serveInherited(serveConnection)
	case preforkName:
		serveInherited(serveListener)
	}
}

// ServeExec serves until ctx is cancelled or the process is told to stop.
func ServeExec(ctx context.Context, cfg server.Config) error {
	return serveByChildren(ctx, cfg, func(connection int) (int, error) { return execute(execName, cfg, connection) })
}

// execute makes a process and has it execute this program, under a name that says what to do, with the descriptor as its
// 3. All other descriptors of the server are closed by exec. It is to be called on a thread that does not end: the child
// is killed when it does.
func execute(name string, cfg server.Config, fd int) (pid int, err error) {
	defer holdSignals()()
	pid, err = syscall.ForkExec("/proc/self/exe", []string{name, cfg.Protocol, strconv.Itoa(cfg.ReadSize)}, &syscall.ProcAttr{
		Env:   server.Environment(),
		Files: []uintptr{0, 1, 2, uintptr(fd)},
		Sys:   &syscall.SysProcAttr{Pdeathsig: unix.SIGKILL},
	})
	if err != nil {
		return 0, fmt.Errorf("execute /proc/self/exe: %w", err)
	}
	return pid, nil
}

// holdSignals blocks the signals that tell to stop, on this thread, and returns what undoes it. The child inherits this,
// and lets them through when it is ready to hear them; one that came before would end it.
func holdSignals() (undo func()) {
	set, before := signals(unix.SIGTERM, unix.SIGINT), new(unix.Sigset_t)
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, set, before); err != nil {
		return func() {}
	}
	return func() { _ = unix.PthreadSigmask(unix.SIG_SETMASK, before, nil) }
}

func signals(list ...unix.Signal) *unix.Sigset_t {
	set := new(unix.Sigset_t)
	for _, s := range list {
		set.Val[0] |= 1 << (s - 1)
	}
	return set
}

// passing reports whether a process could not be made for want of something that may be there again soon.
func passing(err error) bool {
	var errno syscall.Errno
	return errors.As(err, &errno) && (errno == unix.EAGAIN || server.Full(errno))
}

// serveInherited is the whole program of a child: it never returns. The word to stop is SIGTERM, or SIGINT, which a
// terminal sends to everybody in the foreground.
func serveInherited(work func(*server.Clerk, *server.Roster)) {
	size, _ := strconv.Atoi(os.Args[2]) // execute wrote it
	clerk, err := server.NewClerk(server.Config{Protocol: os.Args[1], ReadSize: size})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	roster, stop := server.NewRoster(), make(chan os.Signal, 1)
	signal.Notify(stop, unix.SIGTERM, unix.SIGINT)
	go func() {
		<-stop
		if roster.Finish(); roster.Len() == 0 {
			os.Exit(0) // it is blocked in accept, where nothing reaches it
		}
	}()
	work(clerk, roster)
	os.Exit(0)
}

// serveConnection is the child for one connection.
func serveConnection(clerk *server.Clerk, roster *server.Roster) {
	roster.Enter(connection)
	clerk.Serve(connection)
	roster.Leave(connection)
}
