//go:build linux && (amd64 || arm64)

package tracer

import (
	"slices"
	"strconv"
	"syscall"

	"github.com/iospec/iospec/trace"
	"golang.org/x/sys/unix"
)

// enter deals with the stop at which a call is about to be made.
func (tr *tracer) enter(t *task) {
	stop := &tr.mem.stop
	if t.shim || !info(t.tid, stop) {
		t.filtered = true
		tr.resume(t, 0)
		return
	}
	restarted := t.restart
	t.restart = nil
	switch number := stop.union[0]; {
	case uint32(stop.union[7]) == foreignTable:
		tr.lost++
	case number == unix.SYS_RESTART_SYSCALL:
		if restarted != nil {
			tr.enterAgain(t, restarted)
		}
	case number < uint64(len(tr.shapes)) && tr.shapes[number] != nil:
		tr.enterCall(t, tr.shapes[number], [6]uint64(stop.union[1:7]))
	}
	tr.resume(t, 0)
}

// enterCall begins the record of a call, unless it is one on a plain file.
func (tr *tracer) enterCall(t *task, s *shape, args [6]uint64) {
	fd, named := -1, (*file)(nil)
	if s.fd != none {
		fd = descriptor(args[s.fd])
		named = tr.named(t, fd)
		if !s.wants(named, args) && !(tr.files && s.moves(named)) {
			if s.family == trace.FamilyClose {
				t.files.set(fd, nil)
			}
			return
		}
	}
	call := &trace.Call{Enter: tr.p.Now(), TID: t.tid, PID: t.pid, Name: s.name, Family: s.family, FD: fd}
	if named != nil {
		call.Object, call.Nonblock = named.object, named.nonblock
	}
	t.call, t.shape, t.args, t.file = call, s, args, named
	if s.enter != nil {
		s.enter(tr, t)
	}
	tr.number(t)
}

// descriptor reads a descriptor number. All that is negative names nothing.
func descriptor(arg uint64) int { return max(int(int32(arg)), -1) }

// enterAgain begins the record of a call that a signal interrupted and that the kernel now goes on with under the name
// restart_syscall: with the arguments of the first time, and what is left of its timeout.
func (tr *tracer) enterAgain(t *task, first *trace.Call) {
	call := *first
	call.Enter, call.Exit, call.Result, call.Errno = tr.p.Now(), 0, 0, ""
	call.Polls = slices.Clone(first.Polls)
	t.call, t.shape, t.args = &call, t.restartShape, t.restartArgs
	tr.number(t)
}

// number gives the call its place in the order of entering.
func (tr *tracer) number(t *task) {
	if !t.shape.silent {
		tr.seq++
		t.call.Seq = tr.seq
	}
}

// leave deals with the stop at which a call has been made.
func (tr *tracer) leave(t *task) {
	stop, call := &tr.mem.stop, t.call
	if call == nil || !info(t.tid, stop) || stop.op != unix.PTRACE_SYSCALL_INFO_EXIT {
		tr.resume(t, 0)
		return
	}
	call.Exit, call.Result = tr.p.Now(), int64(stop.union[0])
	if stop.union[1]&0xff != 0 {
		call.Result, call.Errno = -1, errnoName(syscall.Errno(-int64(stop.union[0])))
	}
	if t.shape.leave != nil {
		t.shape.leave(tr, t)
	}
	if call.Errno == restartBlock {
		t.restart, t.restartShape, t.restartArgs = call, t.shape, t.args
	}
	silent := t.shape.silent
	t.call, t.file = nil, nil
	tr.resume(t, 0) // first, so that the task need not wait for the sink
	if !silent {
		tr.putCall(call)
	}
}

func (tr *tracer) putCall(call *trace.Call) {
	if call.Seq == 0 {
		return // a helper's, or one that never got its number
	}
	tr.put++
	tr.record(trace.Record{Call: call})
}

// The kernel's own error numbers, which only a tracer sees (include/linux/errno.h): the call will be made again, or will
// end with EINTR if a handler runs.
const restartBlock = "ERESTART_RESTARTBLOCK"

var kernelErrnos = map[syscall.Errno]string{
	512: "ERESTARTSYS", 513: "ERESTARTNOINTR", 514: "ERESTARTNOHAND", 515: "ENOIOCTLCMD", 516: restartBlock,
}

// errnoNames are found once, as the look-up by number is slow and EAGAIN is frequent.
var errnoNames = func() (names [530]string) {
	for n := range names {
		e := syscall.Errno(n)
		if names[n] = unix.ErrnoName(e); names[n] == "" {
			names[n] = kernelErrnos[e]
		}
	}
	return names
}()

func errnoName(e syscall.Errno) string {
	if int(e) < len(errnoNames) && errnoNames[e] != "" {
		return errnoNames[e]
	}
	return "E" + strconv.Itoa(int(e))
}
