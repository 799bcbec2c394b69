//go:build linux

package counterexamples

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// A parent accepts, on a blocking socket, and makes a process for each connection, with nothing wrong about it. A child
// is this program, run again.
type parent struct {
	door *server.Door
	cfg  server.Config

	give  func(fd int) // has a connection served, and closes it
	reap  bool         // children that have ended are waited for, as they end
	end   func()       // undoes what the counterexample has added
	mu    sync.Mutex
	alive map[int]bool // children that have not been waited for
}

// serveByChildren accepts in one thread, and has children serve. The parent has been spoilt by then.
func serveByChildren(ctx context.Context, cfg server.Config, spoil func(*parent)) error {
	runtime.LockOSThread() // the children end when the thread that made them does (PR_SET_PDEATHSIG)
	defer runtime.UnlockOSThread()
	p := &parent{cfg: cfg, reap: true, end: func() {}, alive: map[int]bool{}}
	door, err := server.OpenBlocking(ctx, cfg, func() {})
	if err != nil {
		return err
	}
	defer door.Close()
	p.door = door
	p.give = func(fd int) {
		defer server.CloseFD(fd)
		p.hire("serve one", fd)
	}
	spoil(p)
	defer p.buryAll()
	defer func() { p.end() }()
	if p.reap {
		defer p.watch()()
	}
	for {
		fd, err := door.Admit()
		if err != 0 {
			return server.Ended(err)
		}
		p.give(fd)
	}
}

// hire makes a child that does what the role says, with these descriptors, from 3 on.
func (p *parent) hire(role string, fds ...int) {
	pid, err := again(childName, order{Role: role, Protocol: p.cfg.Protocol}, fds...)
	if err != nil {
		p.door.Logf("a client is turned away: %v", err)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.alive[pid] = true
}

// size is the number of children that have not been waited for.
func (p *parent) size() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.alive)
}

// watch waits for children whenever one ends, until it is undone.
func (p *parent) watch() (undo func()) {
	ended, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(ended, unix.SIGCHLD)
	go func() {
		defer close(done)
		for range ended { // signals do not queue: one may stand for many
			p.bury(unix.WNOHANG)
		}
	}()
	return func() {
		signal.Stop(ended)
		close(ended)
		<-done
	}
}

// bury waits for those that have ended.
func (p *parent) bury(options int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for pid := range p.alive {
		if n, err := unix.Wait4(pid, nil, options, nil); n == pid || err == unix.ECHILD {
			delete(p.alive, pid)
		}
	}
}

// buryAll ends all children.
func (p *parent) buryAll() {
	p.mu.Lock()
	for pid := range p.alive {
		_ = unix.Kill(pid, unix.SIGKILL)
	}
	p.mu.Unlock()
	for p.size() > 0 {
		p.bury(0)
	}
}

// The names under which this program is run again.
const (
	childName  = "iospec: child of a counterexample"
	workerName = "iospec: worker of a counterexample"
)

// firstFD is where the descriptors begin that it is given then.
const firstFD = 3

// An order is what it is told.
type order struct {
	Role     string
	Protocol string
}

func (o order) config() server.Config { return server.Config{Protocol: o.Protocol, Log: os.Stderr} }

// again runs this program again.
func again(name string, o order, fds ...int) (pid int, err error) {
	text, err := json.Marshal(o)
	if err != nil {
		return 0, err
	}
	files := []uintptr{0, 1, 2}
	for _, fd := range fds {
		files = append(files, uintptr(fd))
	}
	pid, err = syscall.ForkExec("/proc/self/exe", []string{name, string(text)}, &syscall.ProcAttr{
		Env:   server.Environment(),
		Files: files,
		Sys:   &syscall.SysProcAttr{Pdeathsig: unix.SIGKILL},
	})
	if err != nil {
		return 0, fmt.Errorf("run this program again: %w", err)
	}
	return pid, nil
}

func init() {
	if len(os.Args) != 2 {
		return
	}
	roles, ours := map[string]map[string]func(order) error{childName: childRoles, workerName: workerRoles}[os.Args[0]]
	if !ours {
		return
	}
	signal.Ignore(unix.SIGINT, unix.SIGTERM) // a terminal sends them to everybody; who made this process ends it
	var o order
	err := json.Unmarshal([]byte(os.Args[1]), &o)
	if err == nil {
		err = roles[o.Role](o)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "process %d: %v\n", os.Getpid(), err)
		os.Exit(1)
	}
	os.Exit(0)
}
