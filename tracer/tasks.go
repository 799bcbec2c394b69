//go:build linux && (amd64 || arm64)

package tracer

import (
	"bytes"
	"fmt"
	"os"
	"strconv"

	"github.com/iospec/iospec/trace"
	"golang.org/x/sys/unix"
)

// task is one tracee, and the call it is in.
type task struct {
	tid, pid int
	parent   int    // of the process, where it was there before us
	shim     bool   // not the command yet
	filtered bool   // the shim has installed the filter: the next thing it does is to become the command
	files    *files // shared by the tasks that share a descriptor table
	rings    map[int]*file

	call  *trace.Call // nil: in no call that is recorded
	shape *shape
	args  [6]uint64
	file  *file // what the call's descriptor named at the enter stop

	restart      *trace.Call // the call that restart_syscall would go on with
	restartShape *shape
	restartArgs  [6]uint64
}

// remember and forget keep the table of tracees.
func (tr *tracer) remember(t *task) {
	tr.p.mu.Lock()
	tr.p.tasks[t.tid] = t
	tr.p.mu.Unlock()
}

func (tr *tracer) forget(t *task) {
	tr.p.mu.Lock()
	delete(tr.p.tasks, t.tid)
	tr.p.mu.Unlock()
}

// gaveBirth deals with the creator's event, which names the new task. The new task may have been seen before.
func (tr *tracer) gaveBirth(parent *task, event int) {
	tid, ok := eventMessage(parent.tid)
	if !ok || tr.p.tasks[tid] != nil {
		return
	}
	flags := cloneFlags(parent, event)
	child := &task{tid: tid, pid: tid, shim: parent.shim}
	if flags&unix.CLONE_THREAD != 0 {
		child.pid = parent.pid
	}
	if flags&unix.CLONE_FILES != 0 {
		child.files = parent.files
	} else {
		child.files = parent.files.clone()
	}
	if parent.call != nil {
		parent.call.Child = tid
	}
	tr.welcome(child, trace.Born{Parent: parent.tid, How: how(flags, event), Flags: flags})
	tr.adopt()
}

// cloneFlags are those of the call that the parent is in; for fork and vfork they follow from the event. Where the call
// was not seen (a 32-bit task), the event says no more than that either.
func cloneFlags(parent *task, event int) uint64 {
	switch {
	case parent.call != nil && parent.shape.makesTask && parent.call.Flags != 0:
		return parent.call.Flags
	case event == unix.PTRACE_EVENT_FORK:
		return uint64(unix.SIGCHLD)
	case event == unix.PTRACE_EVENT_VFORK:
		return unix.CLONE_VFORK | unix.CLONE_VM | uint64(unix.SIGCHLD)
	default:
		return unix.CLONE_THREAD | unix.CLONE_FILES | unix.CLONE_VM
	}
}

func how(flags uint64, event int) string {
	switch {
	case flags&unix.CLONE_THREAD != 0:
		return "thread"
	case event == unix.PTRACE_EVENT_VFORK:
		return "vfork"
	case event == unix.PTRACE_EVENT_FORK:
		return "fork"
	default:
		return "process"
	}
}

// welcome records a birth and deals with the stops that came before it.
func (tr *tracer) welcome(t *task, born trace.Born) {
	born.At, born.TID, born.PID = tr.p.Now(), t.tid, t.pid
	tr.remember(t)
	tr.record(trace.Record{Born: &born})
	tr.p.mu.Lock()
	stops := tr.p.early[t.tid]
	delete(tr.p.early, t.tid)
	tr.p.mu.Unlock()
	for _, ws := range stops {
		_ = tr.handle(t.tid, ws) // no shim, so no error
	}
}

// executed deals with a successful execve. The kernel has ended the other threads, and the one that called has become
// the leader: its tid is the process id now, whatever it was before.
func (tr *tracer) executed(t *task) {
	if t.shim && !t.filtered {
		tr.resume(t, 0) // the shim's own exec: it may have been seized before that had ended
		return
	}
	if t.shim {
		tr.begin(t)
		return
	}
	old, ok := eventMessage(t.tid)
	if caller := tr.p.tasks[old]; ok && old != t.tid && caller != nil {
		tr.unfinished(t)
		tr.p.mu.Lock()
		delete(tr.p.tasks, old)
		caller.tid = t.tid
		tr.p.tasks[t.tid] = caller
		tr.p.mu.Unlock()
		t = caller
	} else {
		old = 0
	}
	t.rings, t.restart = nil, nil
	t.files = t.files.clone() // exec ends the sharing of a descriptor table
	tr.world.afterExec(t)
	tr.record(trace.Record{Exec: &trace.Exec{At: tr.p.Now(), PID: t.pid, Old: old, Path: executable(t.pid)}})
	tr.resume(t, 0)
	tr.adopt()
}

// begin opens the recording: the shim has become the command.
func (tr *tracer) begin(t *task) {
	const options = unix.PTRACE_O_EXITKILL | unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACESECCOMP | unix.PTRACE_O_TRACEEXEC |
		unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_TRACEFORK | unix.PTRACE_O_TRACEVFORK
	t.shim = false
	tr.record(trace.Record{Header: tr.header})
	tr.header = nil
	now := tr.p.Now()
	tr.record(trace.Record{Born: &trace.Born{At: now, TID: t.tid, PID: t.pid, How: "start"}})
	tr.record(trace.Record{Exec: &trace.Exec{At: now, PID: t.pid, Path: executable(t.pid)}})
	tr.report(nil)
	_ = ptrace(unix.PTRACE_SETOPTIONS, t.tid, 0, options) // ESRCH: already killed, the next wait says so
	tr.resume(t, 0)
}

func executable(pid int) string {
	path, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/exe")
	if err != nil {
		return "" // killed in the meantime
	}
	return path
}

// ended deals with the end of a task. The last thread of a process to be reported is its leader.
func (tr *tracer) ended(t *task, ws unix.WaitStatus) {
	tr.unfinished(t)
	exit := trace.Exit{At: tr.p.Now(), TID: t.tid, PID: t.pid, Leader: t.tid == t.pid}
	if ws.Signaled() {
		exit.Signal = unix.SignalName(ws.Signal())
	} else {
		exit.Status = ws.ExitStatus()
	}
	p := tr.p
	p.mu.Lock()
	delete(p.tasks, t.tid)
	if t.tid == p.pid {
		p.status.Code = exit.Status
		if ws.Signaled() {
			p.status.Signal = ws.Signal()
		}
	} else if exit.Leader {
		p.ended[t.pid] = struct{}{}
	}
	p.mu.Unlock()
	if exit.Leader {
		tr.world.processEnded(t.pid)
	}
	tr.record(trace.Record{Exit: &exit})
	tr.adopt()
}

// unfinished records the call that a task is in when it ends.
func (tr *tracer) unfinished(t *task) {
	if t.call != nil {
		call := t.call
		t.call = nil
		tr.putCall(call)
	}
}

// hold keeps the stop of a task that nobody has told of yet: on another processor it may be faster than its creator.
func (tr *tracer) hold(tid int, ws unix.WaitStatus) {
	tr.p.mu.Lock()
	tr.p.early[tid] = append(tr.p.early[tid], ws)
	tr.p.mu.Unlock()
	if tr.p.killing.Load() {
		_ = unix.Kill(tid, unix.SIGKILL)
	}
	tr.adopt()
}

// adopt welcomes the held tasks of which nobody will tell any more, as their creator was killed first, be it alone: execve
// kills the threads beside it, and their process lives on. They would wait for ever.
func (tr *tracer) adopt() {
	for tid := range tr.p.early {
		pid, parent, ok := kinship(tid)
		if !ok || tr.awaited(pid, parent) {
			continue
		}
		t := &task{tid: tid, pid: pid, files: &files{}}
		born := trace.Born{How: "process"}
		if tr.p.tasks[parent] != nil {
			born.Parent = parent
		}
		tr.welcome(t, born)
	}
}

// awaited: a task of the process, or of its parent, is about to tell of a new task.
func (tr *tracer) awaited(pid, parent int) bool {
	for _, t := range tr.p.tasks {
		if (t.pid == pid || t.pid == parent) && t.call != nil && t.shape.makesTask && t.call.Child == 0 {
			return true
		}
	}
	return false
}

// kinship reads a task's process and its parent process from /proc/TID/status.
func kinship(tid int) (pid, parent int, ok bool) {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(tid) + "/status")
	if err != nil {
		return 0, 0, false
	}
	for line := range bytes.Lines(status) {
		_, _ = fmt.Sscanf(string(line), "Tgid:\t%d", &pid)
		_, _ = fmt.Sscanf(string(line), "PPid:\t%d", &parent)
	}
	return pid, parent, pid != 0
}
