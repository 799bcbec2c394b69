//go:build linux && (amd64 || arm64)

package tracer

import (
	"os"
	"syscall"
	"unsafe"

	"github.com/iospec/iospec/trace"
	"golang.org/x/sys/unix"
)

// tracer is what the tracer's own thread works with. Only Process is shared with others.
type tracer struct {
	p      *Process
	sink   trace.Sink
	begun  chan<- error  // told once, when the command runs or cannot
	header *trace.Header // until it is put
	shim   *os.File      // our end of the pair, see launch

	shapes []*shape // by system call number
	files  bool     // reads and writes of plain files are recorded, too
	world  world    // what descriptors name
	mem    memory

	parting        bool // all tracees have been asked to stop, to be let go
	seq, put, lost int64
	sinkErr        error
}

func newTracer(p *Process, sink trace.Sink) *tracer {
	return &tracer{p: p, sink: sink, shapes: shapesByNumber, world: newWorld()}
}

// report tells Start how it went, once.
func (tr *tracer) report(err error) {
	if tr.begun != nil {
		tr.begun <- err
		tr.begun = nil
	}
}

// record puts one record. Without a sink that takes them there is no point in going on, so its failure ends everything.
func (tr *tracer) record(r trace.Record) {
	if tr.sinkErr != nil {
		return
	}
	if tr.sinkErr = tr.sink.Put(r); tr.sinkErr != nil {
		tr.p.Kill()
	}
}

// loop handles stops until no tracee is left.
func (tr *tracer) loop() error {
	for {
		tid, status, errno := tr.wait()
		switch errno {
		case 0:
			if err := tr.handle(tid, status); err != nil {
				return err
			}
		case unix.ECHILD:
			return nil
		case unix.EINTR:
		default:
			tr.p.Kill()
			return os.NewSyscallError("wait4", errno)
		}
	}
}

// wait gets the next stop or end of a task that belongs to this thread, and of no other: __WNOTHREAD leaves alone what
// other threads of this process have started, __WALL includes tasks that send no SIGCHLD. It looks first without
// blocking, which spares the runtime's bookkeeping when several tasks have stopped.
func (tr *tracer) wait() (tid int, status unix.WaitStatus, errno syscall.Errno) {
	const options = unix.WALL | unix.WNOTHREAD
	var ws uint32
	r, _, errno := unix.RawSyscall6(unix.SYS_WAIT4, ^uintptr(0), uintptr(unsafe.Pointer(&ws)), options|unix.WNOHANG, 0, 0, 0)
	if errno == 0 && r == 0 {
		r, _, errno = unix.Syscall6(unix.SYS_WAIT4, ^uintptr(0), uintptr(unsafe.Pointer(&ws)), options, 0, 0, 0)
	}
	return int(r), unix.WaitStatus(ws), errno
}

// handle deals with one report of wait. The error is that the command could not be started.
func (tr *tracer) handle(tid int, ws unix.WaitStatus) error {
	t := tr.p.tasks[tid] // this thread is the only writer, so it reads without the lock
	switch {
	case t == nil && tr.p.leaving.Load() && ws.Stopped():
		_ = ptrace(unix.PTRACE_DETACH, tid, 0, 0) // born since then
	case t == nil:
		tr.hold(tid, ws)
	case ws.Stopped():
		tr.stopped(t, ws)
	case t.shim:
		tr.forget(t)
		return tr.failed(tr.header.Command[0], ws)
	default:
		tr.ended(t, ws)
	}
	return nil
}

// stopped deals with one stop, and lets the task go on (ptrace(2), "Stopped states").
func (tr *tracer) stopped(t *task, ws unix.WaitStatus) {
	signal, event := ws.StopSignal(), int(ws)>>16
	switch {
	case tr.p.killing.Load():
		_ = unix.Kill(t.tid, unix.SIGKILL) // what was born since Kill
	case tr.p.leaving.Load():
		tr.letGo(t, signal, event)
	case event == unix.PTRACE_EVENT_SECCOMP:
		tr.enter(t)
	case signal == unix.SIGTRAP|0x80 && tr.p.attached:
		tr.syscallStop(t)
	case signal == unix.SIGTRAP|0x80:
		tr.leave(t)
	case event == unix.PTRACE_EVENT_CLONE, event == unix.PTRACE_EVENT_FORK, event == unix.PTRACE_EVENT_VFORK:
		tr.gaveBirth(t, event)
		tr.resume(t, 0)
	case event == unix.PTRACE_EVENT_EXEC:
		tr.executed(t)
	case event == unix.PTRACE_EVENT_STOP && isGroupStop(signal):
		_ = ptrace(unix.PTRACE_LISTEN, t.tid, 0, 0) // stays stopped until SIGCONT, as it would untraced
	case event != 0:
		tr.resume(t, 0) // the first stop of a new task, or the end of a group stop
	default:
		tr.resume(t, signal) // a signal is delivered
	}
}

func isGroupStop(sig syscall.Signal) bool {
	return sig == unix.SIGSTOP || sig == unix.SIGTSTP || sig == unix.SIGTTIN || sig == unix.SIGTTOU
}

// resume lets the task go on to its next stop. Inside a call that is recorded, that is the call's end. Where there is no
// filter, each call stops at both ends.
//
// ESRCH means that the task was killed while it was stopped; the next wait says so.
func (tr *tracer) resume(t *task, sig syscall.Signal) {
	request := unix.PTRACE_CONT
	if t.call != nil || tr.p.attached {
		request = unix.PTRACE_SYSCALL
	}
	_ = ptrace(request, t.tid, 0, uintptr(sig))
}

// ptrace makes one ptrace call. It never blocks, so the runtime need not be told.
func ptrace(request, tid int, addr, data uintptr) syscall.Errno {
	_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, uintptr(request), uintptr(tid), addr, data, 0, 0)
	return errno
}

// stopInfo is struct ptrace_syscall_info. Its union is: at an entry and at a seccomp stop the number and the six
// arguments, then at a seccomp stop the filter's data; at an exit the result and whether it is an error.
type stopInfo struct {
	op    uint8
	_     [3]byte
	arch  uint32
	_, _  uint64 // instruction and stack pointers
	union [8]uint64
}

// info asks what the stop is about.
func info(tid int, s *stopInfo) bool {
	_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_GET_SYSCALL_INFO, uintptr(tid), unsafe.Sizeof(*s),
		uintptr(unsafe.Pointer(s)), 0, 0)
	return errno == 0
}

// eventMessage is the number that comes with an event: the new task's tid, or the former tid of one that called execve.
func eventMessage(tid int) (int, bool) {
	var message uint64
	_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_GETEVENTMSG, uintptr(tid), 0,
		uintptr(unsafe.Pointer(&message)), 0, 0)
	return int(message), errno == 0
}
