//go:build linux && (amd64 || arm64)

package tracer

import (
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/iospec/iospec/trace"
	"golang.org/x/sys/unix"
)

// Process is a command that is being recorded, with all its descendants. Its methods may be called by any goroutine.
type Process struct {
	pid     int
	started time.Time
	killing atomic.Bool

	attached bool         // it ran before, and will run on
	leaving  atomic.Bool  // Detach has been called
	poked    atomic.Int64 // the tid that was sent SIGSTOP for that, 0 when it has been told of it

	done chan struct{}

	mu      sync.Mutex
	tasks   map[int]*task             // every tracee, by tid; changed by the loop only, under mu
	early   map[int][]unix.WaitStatus // stops of tasks whose creator has not told of them yet; likewise
	ended   map[int]struct{}          // processes that ended and that nobody was seen to reap
	stopped bool                      // somebody asked it to end
	zombies int                       // counted when it was first asked to

	status Status // valid when done is closed
	err    error
}

// PID is the command's process id, which is also that of its process group.
func (p *Process) PID() int { return p.pid }

// PGID is the process group that the command leads, and that its children belong to unless they leave it.
func (p *Process) PGID() int { return p.pid }

// Now is the time in the recording.
func (p *Process) Now() trace.Time { return trace.Time(time.Since(p.started)) }

// Tasks counts the threads that are alive, over all processes.
func (p *Process) Tasks() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.tasks)
}

// Signal sends a signal to the process group. At the first one, or at Kill, the zombies are counted for the recording's
// End: what a server has left unreaped until then, it leaves unreaped. os.ErrProcessDone: nobody is left to get it, or it
// is not ours to signal, having been attached to.
func (p *Process) Signal(sig os.Signal) error {
	number, ok := sig.(syscall.Signal)
	if !ok {
		return os.NewSyscallError("kill", unix.EINVAL)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.askedToEnd()
	err := p.signalGroup(number)
	if err == unix.ESRCH {
		return os.ErrProcessDone
	}
	return os.NewSyscallError("kill", err)
}

// askedToEnd counts the zombies when somebody first asks the server to end.
func (p *Process) askedToEnd() {
	if !p.stopped {
		p.stopped, p.zombies = true, p.countZombies()
	}
}

// signalGroup does nothing once the recording has ended: the number of the group may be another's by then.
func (p *Process) signalGroup(sig syscall.Signal) error {
	if p.attached {
		return unix.ESRCH
	}
	select {
	case <-p.done:
		return unix.ESRCH
	default:
		return unix.Kill(-p.pid, sig)
	}
}

// Kill ends the process group and every other tracee, at once. Wait tells when they are gone. What was attached to is not
// killed, but detached from.
func (p *Process) Kill() {
	if p.attached {
		p.Detach()
		return
	}
	p.killing.Store(true)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pid == 0 || len(p.tasks) == 0 {
		return
	}
	p.askedToEnd()
	_ = p.signalGroup(unix.SIGKILL) // ESRCH: they are gone, which is what was asked for
	for _, t := range p.tasks {
		// A tracee that the loop has reaped but not yet forgotten can be hit here only if its number was given to
		// another process in between, for which the kernel would first have to go through all other numbers.
		if t.tid == t.pid && t.pid != p.pid {
			_ = unix.Kill(t.pid, unix.SIGKILL)
		}
	}
	for tid := range p.early {
		_ = unix.Kill(tid, unix.SIGKILL)
	}
}

// Zombies counts the server's children that have ended and have not been reaped. It is exact when the server is at rest.
func (p *Process) Zombies() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.countZombies()
}

func (p *Process) countZombies() int {
	n := 0
	for pid := range p.ended {
		if isZombie(pid) {
			n++
		} else {
			delete(p.ended, pid)
		}
	}
	return n
}

// isZombie reads the state in /proc/PID/stat, behind the parenthesised name (proc_pid_stat(5)).
func isZombie(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	for i := len(stat) - 1; i > 0; i-- {
		if stat[i] == ')' {
			return i+2 < len(stat) && stat[i+2] == 'Z'
		}
	}
	return false
}

// Done is closed when every tracee is gone and the recording has its End.
func (p *Process) Done() <-chan struct{} { return p.done }

// Wait returns when every tracee is gone and the recording has its End. The error is ours or the sink's, never the
// command's: how that ended is the Status.
func (p *Process) Wait() (Status, error) {
	<-p.done
	return p.status, p.err
}
