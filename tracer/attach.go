//go:build linux && (amd64 || arm64)

package tracer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/iospec/iospec/internal/proc"
	"github.com/iospec/iospec/trace"
	"golang.org/x/sys/unix"
)

// Attach observes a process that runs already, all its threads and descendants, from now on. Detach ends that and leaves them
// running, as they do by themselves when this process dies.
//
// There is no filter in such a process, so that each of its system calls stops, and it is slowed down by much more than a
// command that Start has started. To be seized its threads are interrupted once: calls that the kernel does not restart by
// itself, epoll_wait above all, return EINTR, as after a stop and continue (signal(7)).
//
// What was there before is looked up: its sockets, and what its epoll instances watch, as calls that are marked as found.
// What a ring of io_uring has that was made before cannot be read.
//
// Errors: a RefusedError (an ErrRefused) when it may not be traced, or is traced by somebody else; os.ErrProcessDone when it
// is not there.
func Attach(ctx context.Context, pid int, sink trace.Sink, opt Options) (*Process, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if opt.Started.IsZero() {
		opt.Started = time.Now()
	}
	p := &Process{
		pid: pid, attached: true, started: opt.Started, done: make(chan struct{}),
		tasks: map[int]*task{}, early: map[int][]unix.WaitStatus{}, ended: map[int]struct{}{},
	}
	tr := newTracer(p, sink)
	tr.files = opt.Files
	tr.header = header(launch{Args: commandLine(pid)}, opt)
	begun := make(chan error, 1)
	onOwnThread(func() {
		tr.begun = begun
		quietStops()
		err := tr.attach()
		if err != nil {
			p.leaving.Store(true) // each is let go at its first stop, which has been asked for
		}
		tr.finish(errors.Join(err, tr.loop()), &outputs{})
	})
	if err := <-begun; err != nil {
		<-p.done
		return nil, err
	}
	stop := context.AfterFunc(ctx, p.Detach)
	go func() { <-p.done; stop() }()
	return p, nil
}

func commandLine(pid int) []string {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00")
}

// attach seizes all threads of all the processes, until a look finds none that is not seized: while some are, others may be
// born. Those whose creator was seized before are tracees already, and will be told of.
func (tr *tracer) attach() error {
	for again := true; again; {
		again = false
		processes, err := tree(tr.p.pid)
		if err != nil {
			return err
		}
		for _, p := range processes {
			added, err := tr.seizeProcess(p)
			if err != nil {
				return err
			}
			again = again || added
		}
	}
	if len(tr.p.tasks) == 0 { // each has a tracer, which is another recording of ours
		return refused("PTRACE_SEIZE", unix.EPERM)
	}
	tr.record(trace.Record{Header: tr.header})
	tr.header = nil
	tr.introduce()
	tr.report(nil)
	return nil
}

// tree lists the process and its descendants, parents first.
func tree(pid int) ([]proc.Process, error) {
	all, err := proc.All()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(p proc.Process) bool { return p.PID == pid && p.Alive() })
	if i < 0 {
		return nil, fmt.Errorf("attach to process %d: %w", pid, os.ErrProcessDone)
	}
	living := slices.DeleteFunc(proc.Descendants(all, pid), func(p proc.Process) bool { return !p.Alive() })
	return append([]proc.Process{all[i]}, living...), nil
}

// seizeProcess seizes the threads of one process, and has them stop once. It tells whether there was one that was not known.
func (tr *tracer) seizeProcess(p proc.Process) (added bool, err error) {
	const options = unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACEEXEC | unix.PTRACE_O_TRACECLONE |
		unix.PTRACE_O_TRACEFORK | unix.PTRACE_O_TRACEVFORK
	threads, err := proc.Threads(p.PID)
	if proc.Gone(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	table := &files{}
	for _, t := range tr.p.tasks {
		if t.pid == p.PID {
			table = t.files
		}
	}
	for _, thread := range threads {
		if tr.p.tasks[thread.PID] != nil || !thread.State.Alive() {
			continue
		}
		errno := ptrace(unix.PTRACE_SEIZE, thread.PID, 0, options)
		switch {
		case errno == unix.ESRCH, errno == unix.EPERM && needsNone(thread.PID):
			continue
		case errno != 0:
			return added, refused("PTRACE_SEIZE", errno)
		}
		added = true
		tr.remember(&task{tid: thread.PID, pid: p.PID, parent: p.Parent, files: table})
		_ = ptrace(unix.PTRACE_INTERRUPT, thread.PID, 0, 0) // ESRCH: it has ended, as the next wait says
	}
	return added, nil
}

// needsNone reports whether a thread that may not be seized need not be: a thread of this process traces it already, as it
// was born of one that is seized, or it has ended.
func needsNone(tid int) bool {
	t, err := proc.Read(tid)
	if proc.Gone(err) || err == nil && !t.Alive() {
		return true
	}
	status, err := proc.ReadStatus(tid)
	if err != nil || status.Tracer == 0 {
		return proc.Gone(err)
	}
	_, err = os.Stat(fmt.Sprintf("/proc/self/task/%d", status.Tracer))
	return err == nil
}

// introduce records who is there, and what they have.
func (tr *tracer) introduce() {
	tids := make([]int, 0, len(tr.p.tasks))
	for tid := range tr.p.tasks {
		tids = append(tids, tid)
	}
	slices.SortFunc(tids, func(a, b int) int { // leaders come first, for their threads are theirs
		x, y := tr.p.tasks[a], tr.p.tasks[b]
		if lead := x.tid == x.pid; lead != (y.tid == y.pid) {
			if lead {
				return -1
			}
			return 1
		}
		return a - b
	})
	for _, tid := range tids {
		t := tr.p.tasks[tid]
		born := trace.Born{At: tr.p.Now(), TID: t.tid, PID: t.pid, How: "thread", Parent: t.pid}
		if t.tid == t.pid {
			born.How, born.Parent = "process", t.parent
		}
		if t.tid == tr.p.pid {
			born.How, born.Parent = "start", 0
		}
		tr.record(trace.Record{Born: &born})
	}
	for _, tid := range tids {
		if t := tr.p.tasks[tid]; t.tid == t.pid {
			tr.possessions(t)
		}
	}
}

// possessions names the descriptors of a process, which describes its sockets, and records what its epoll instances watch.
func (tr *tracer) possessions(t *task) {
	links, err := proc.Links(t.pid)
	if err != nil {
		return // it has ended, or hides them: what it uses is named then
	}
	for fd := range links {
		tr.named(t, fd)
	}
	for fd := range links {
		f := tr.named(t, fd)
		if f == nil || f.kind != "epoll" {
			continue
		}
		info, err := proc.ReadFDInfo(t.pid, fd)
		if err != nil {
			continue
		}
		for _, w := range info.Watched {
			now := tr.p.Now()
			tr.seq++
			tr.putCall(&trace.Call{
				Seq: tr.seq, Enter: now, Exit: now, TID: t.tid, PID: t.pid, Name: "epoll_ctl", Family: trace.FamilyEpollCtl,
				FD: fd, Object: f.object, Found: true,
				Ctl: &trace.Ctl{Op: "ADD", FD: w.FD, Object: tr.objectOf(t, w.FD), Events: w.Events &^ (trace.Err | trace.Hup), Data: w.Data},
			})
		}
	}
}

// syscallStop tells the stop before a call from that after it. A call of another table than the native one is counted, as
// the filter has it.
func (tr *tracer) syscallStop(t *task) {
	stop := &tr.mem.stop
	stop.union[7] = 0 // a filter's data, of which there is none
	switch {
	case !info(t.tid, stop):
		tr.resume(t, 0)
	case stop.op != unix.PTRACE_SYSCALL_INFO_ENTRY:
		tr.leave(t)
	case stop.arch != nativeArch:
		tr.lost++
		tr.resume(t, 0)
	default:
		tr.enter(t)
	}
}

// Detach lets go of everything that was attached to, and leaves it running. Wait tells when that is so. A command that Start
// has started is not let go: it would run on with a filter that needs a tracer.
func (p *Process) Detach() {
	if !p.attached {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.leaving.Load() {
		return
	}
	// The tracer's thread sleeps until some tracee stops, so one of them is made to. SIGSTOP cannot be blocked or ignored,
	// and a tracer that is told of it can take it away. It must know whom to expect it from before it lets anybody go: one
	// that gets the signal when it is free stops for good.
	for _, t := range p.tasks {
		if isZombie(t.tid) {
			continue
		}
		p.poked.Store(int64(t.tid))
		p.leaving.Store(true)
		if unix.Tgkill(t.pid, t.tid, unix.SIGSTOP) == nil {
			return
		}
	}
	p.poked.Store(0)
	p.leaving.Store(true) // they are all about to end
}

// letGo detaches a task that has stopped, with the signal that it was about to get, and has all others stop. The one that was
// sent SIGSTOP goes on until it has been told of it, which would else stop it for good.
func (tr *tracer) letGo(t *task, signal syscall.Signal, event int) {
	if !tr.parting {
		tr.parting = true
		for tid := range tr.p.tasks {
			_ = ptrace(unix.PTRACE_INTERRUPT, tid, 0, 0)
		}
		for tid := range tr.p.early {
			_ = ptrace(unix.PTRACE_DETACH, tid, 0, 0)
		}
	}
	delivered := event == 0 && signal != unix.SIGTRAP|0x80
	if tr.p.poked.Load() == int64(t.tid) {
		if !delivered || signal != unix.SIGSTOP {
			if !delivered {
				signal = 0
			}
			_ = ptrace(unix.PTRACE_CONT, t.tid, 0, uintptr(signal))
			return
		}
		tr.p.poked.Store(0)
		signal = 0
	}
	if !delivered {
		signal = 0
	}
	tr.unfinished(t)
	_ = ptrace(unix.PTRACE_DETACH, t.tid, 0, uintptr(signal)) // ESRCH: it was killed meanwhile
	tr.forget(t)
}
