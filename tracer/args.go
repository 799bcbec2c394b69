//go:build linux && (amd64 || arm64)

package tracer

import (
	"syscall"

	"github.com/iospec/iospec/trace"
	"golang.org/x/sys/unix"
)

// The readers that shapes are made of. Those that take a number take that of an argument.

type reader = func(*tracer, *task)

func both(a, b reader) reader {
	return func(tr *tracer, t *task) { a(tr, t); b(tr, t) }
}

func flags(arg int) reader {
	return func(_ *tracer, t *task) { t.call.Flags = uint64(uint32(t.args[arg])) }
}

func value(arg int) reader {
	return func(_ *tracer, t *task) { t.call.Value = int64(int32(t.args[arg])) }
}

func want(arg int) reader {
	return func(_ *tracer, t *task) { t.call.Want = int64(t.args[arg]) }
}

func count(arg int) reader {
	return func(_ *tracer, t *task) { t.call.NFDs = int(int32(t.args[arg])) }
}

// message reads the flags of send and recv, of which MSG_DONTWAIT makes this one call non-blocking.
func message(arg int) reader {
	return func(_ *tracer, t *task) {
		t.call.Flags = uint64(uint32(t.args[arg]))
		t.call.Nonblock = t.call.Nonblock || t.call.Flags&unix.MSG_DONTWAIT != 0
	}
}

// mostVectors is UIO_MAXIOV: the kernel takes no more iovecs, or messages, in one call.
const mostVectors = 1024

// vector sums the lengths of an iovec array.
func vector(array, length int) reader {
	return func(tr *tracer, t *task) { t.call.Want = tr.vectorBytes(t, t.args[array], t.args[length]) }
}

func (tr *tracer) vectorBytes(t *task, addr, length uint64) int64 {
	if length > mostVectors {
		return 0
	}
	return iovecBytes(tr.mem.read(t.tid, addr, int(length)*iovecSize))
}

// address reads a sockaddr that the caller passes.
func address(addr, size int) reader {
	return func(tr *tracer, t *task) {
		n := min(t.args[size], unix.SizeofSockaddrAny)
		t.call.Address = sockaddr(tr.mem.readSome(t.tid, t.args[addr], int(n)))
	}
}

// timeoutMS is a timeout in milliseconds, by value; timeoutSpec one in a struct timespec, where none means for ever.
func timeoutMS(arg int) reader {
	return func(_ *tracer, t *task) { t.call.Timeout = milliseconds(t.args[arg]) }
}

func timeoutSpec(arg int) reader {
	return func(tr *tracer, t *task) { t.call.Timeout = tr.timeoutAt(t, t.args[arg], timespec) }
}

func (tr *tracer) timeoutAt(t *task, addr uint64, decode func([]byte) trace.Time) trace.Time {
	if addr == 0 {
		return forever
	}
	return decode(tr.mem.read(t.tid, addr, 16))
}

// failed: the call made nothing and changed nothing.
func failed(t *task) bool { return t.call.Errno != "" }

// makes: the result is a new descriptor.
func makes(tr *tracer, t *task) {
	if !failed(t) {
		t.call.Made = []trace.FD{tr.made(t, int(t.call.Result))}
	}
}

// makesNew: the result is a new descriptor of a kind that we number.
func makesNew(kind string) reader {
	return func(tr *tracer, t *task) {
		if !failed(t) {
			tr.makeNumbered(t, kind)
		}
	}
}

func (tr *tracer) makeNumbered(t *task, kind string) *file {
	f := tr.newNumbered(kind)
	f.nonblock = t.call.Flags&syscall.O_NONBLOCK != 0
	t.files.set(int(t.call.Result), f)
	t.call.Made = []trace.FD{fdOf(int(t.call.Result), f)}
	return f
}

// makesPair: two new descriptors are written to memory.
func makesPair(arg int) reader {
	return func(tr *tracer, t *task) {
		b := tr.mem.read(t.tid, t.args[arg], 8)
		if failed(t) || b == nil {
			return
		}
		first, second := int(int32(le.Uint32(b))), int(int32(le.Uint32(b[4:])))
		t.call.Made = []trace.FD{tr.made(t, first), tr.made(t, second)}
	}
}

// describes: the socket is another one after the call.
func describes(tr *tracer, t *task) {
	if !failed(t) {
		tr.describe(t, t.call.FD, t.file)
	}
}

// connected: a connect that goes on by itself has a local address already.
func connected(tr *tracer, t *task) {
	if !failed(t) || t.call.Errno == "EINPROGRESS" {
		tr.describe(t, t.call.FD, t.file)
	}
}

// replaces: the second argument is a descriptor number that the call may close first.
func replaces(flagsArg int) reader {
	return func(_ *tracer, t *task) {
		if flagsArg != 0 {
			t.call.Flags = uint64(uint32(t.args[flagsArg]))
		}
		t.call.Value = int64(int32(t.args[1]))
	}
}
