//go:build linux

package multiproc

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// What a child of a fork may do.
//
// A forked process has one thread, the one that forked. The Go runtime has several, and needs them: to schedule, to
// collect garbage, to grow a stack. In the child they are gone, with whatever locks they held. So nothing in this file
// uses the runtime: no allocation, no growing stack (go:nosplit; the linker adds up the frames), no race detector
// (go:norace), no pointer check (go:nocheckptr), no append and no copy, which the race detector would turn into calls of
// the runtime. What is left is arithmetic on memory that is there, and system calls. A call of anything else is not
// silent: the runtime ends the child with "stack growth after fork".

// connection is the child's only descriptor besides standard input, output and error.
const connection = 3

// call makes a system call. It returns what the kernel returns: an error is negative. It is here because it takes next to
// no stack, which the ways through package syscall do, when they are compiled for a debugger.
//
//go:noescape
func call(number, a, b, c, d, e, f uintptr) int

const interrupted = -int(unix.EINTR) // by a signal: try again

// bare is the memory of a child, static, since nothing can be allocated. The parent never touches it, so no page of it
// exists until the child does.
var bare struct {
	in   [server.MaxHeld + server.BufferSize]byte
	out  [server.BufferSize]byte
	held int  // bytes of in that are there
	said int  // bytes of out that are there
	gone bool // the client takes no more
}

// serve talks with the client from its first request to its end, and blocks wherever the client is slow.
//
//go:nosplit
//go:norace
//go:noinline
func serve(line bool, size int) {
	for receive(size) {
		switch {
		case !line:
			send(&bare.in[0], bare.held)
			bare.held = 0
		case !answerLines():
			linger()
			return
		}
		if bare.gone {
			return
		}
	}
}

// receive reads what has come, behind what is held. It reports false at the end, and at a reset.
//
//go:nosplit
//go:norace
//go:noinline
//go:nocheckptr
func receive(size int) bool {
	for {
		n := call(unix.SYS_RECVFROM, connection, uintptr(unsafe.Pointer(&bare.in[bare.held])), uintptr(size), 0, 0, 0)
		if n > 0 {
			bare.held += n
			return true
		}
		if n != interrupted {
			return false
		}
	}
}

// send sends all of it: a blocking send returns early only when a signal comes. MSG_NOSIGNAL turns the signal for a
// connection that is gone into the error EPIPE.
//
//go:nosplit
//go:norace
//go:noinline
//go:nocheckptr
func send(p *byte, size int) {
	for sent := 0; sent < size && !bare.gone; {
		n := call(unix.SYS_SENDTO, connection, uintptr(unsafe.Pointer(p))+uintptr(sent), uintptr(size-sent), unix.MSG_NOSIGNAL, 0, 0)
		switch {
		case n >= 0:
			sent += n
		case n != interrupted:
			bare.gone = true
		}
	}
}

// linger ends the sending side and reads on until the client ends too, or has been told long enough. Closing at once
// would reset a client that is still sending, and destroy what it has not read yet.
//
//go:nosplit
//go:norace
//go:noinline
func linger() {
	const patience = 100 // reads
	call(unix.SYS_SHUTDOWN, connection, unix.SHUT_WR, 0, 0, 0, 0)
	for range patience {
		if bare.held = 0; !receive(server.BufferSize) {
			return
		}
	}
}
