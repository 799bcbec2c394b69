//go:build linux

package steps

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// A bare child is a true copy of this program, made by clone as fork(2) makes it, without an exec. Of the runtime's
// threads it has only the one that forked, so it may not use the runtime: it does not allocate, does not grow its stack
// (go:nosplit), and makes raw system calls only. It does what a letter in its pipe tells it, and acknowledges each.

// board lies in memory that parent and child share. Each writes its own part.
type board struct {
	parent, child witness
	word          uint64 // what the child was asked for
	made          uint64 // how many processes the child has made
	errno         uint64 // why it could not make one more
	turns         uint64 // of a ping-pong
	touched       uint64 // bytes, in each
}

// A witness is what one of the two saw of the fork.
type witness struct {
	passed uint64 // it came to the line behind the call
	result int64  // what the call returned to it
	pid    uint64
}

// bare is what a child has and was given. It is ordinary memory, private to each process.
var bare struct {
	board          *board
	private        uint64 // the word that shows whose memory this is
	orders, acks   int    // the child's ends of its pipes
	connection     int
	memory         unsafe.Pointer // mapped by hand, of the size below
	size           uintptr
	buffer         [64]byte
	pingIn, pingTo int // event counters
}

const page = 4096

// forkBare makes the child. It returns in the parent only.
//
//go:nosplit
//go:norace
//go:noinline
//go:nocheckptr
func forkBare() (pid int, err unix.Errno) {
	r, _, err := unix.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	me := &bare.board.parent
	if r == 0 && err == 0 {
		me = &bare.board.child
	}
	self, _, _ := unix.RawSyscall(unix.SYS_GETPID, 0, 0, 0)
	me.passed, me.result, me.pid = 1, int64(r), uint64(self)
	if r == 0 && err == 0 {
		obey()
	}
	return int(r), err
}

// obey is the child's life. It ends with its parent, also when that is killed.
//
//go:nosplit
//go:norace
//go:noinline
//go:nocheckptr
func obey() {
	_, _, _ = unix.RawSyscall(unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0)
	for {
		n, _, err := unix.RawSyscall(unix.SYS_READ, uintptr(bare.orders), uintptr(unsafe.Pointer(&bare.buffer[0])), 1)
		switch {
		case err == unix.EINTR:
			continue
		case err != 0 || n == 0:
			leave(1)
		}
		perform(bare.buffer[0])
		_, _, _ = unix.RawSyscall(unix.SYS_WRITE, uintptr(bare.acks), uintptr(unsafe.Pointer(&bare.buffer[0])), 1)
	}
}

// The orders of a bare child.
const (
	orderSayPrivate = 'r' // tell the private word
	orderSetPrivate = 'w' // change it
	orderTouch      = 't' // write to every page of the memory
	orderEcho       = 'e' // read the connection once, and write it back
	orderLeave      = 'x' // end with status 7
	orderCrowd      = 'z' // make children that end at once, until no more can be made
	orderReap       = 'y' // wait for 50 of them (the parent's runtime may make a few threads meanwhile, and take as many places), and make one more
	orderReapAll    = 'Y'
	orderPong       = 'p' // the other side of a ping-pong
	orderNothing    = 'n'
)

//go:nosplit
//go:norace
//go:noinline
func perform(order byte) {
	switch order {
	case orderSayPrivate:
		bare.board.word = bare.private
	case orderSetPrivate:
		bare.private++
	case orderTouch:
		touch(bare.memory, bare.size)
	case orderEcho:
		echoOnce()
	case orderLeave:
		leave(7)
	case orderCrowd:
		crowdOut()
	case orderReap:
		reapBare(50)
		makeZombie()
	case orderReapAll:
		reapBare(1 << 30)
	case orderPong:
		pingPong(bare.pingTo, bare.pingIn, bare.board.turns, bare.memory, uintptr(bare.board.touched), false)
	}
}

// touch writes to every page.
//
//go:nosplit
//go:norace
//go:noinline
//go:nocheckptr
func touch(at unsafe.Pointer, size uintptr) {
	for i := uintptr(0); i < size; i += page {
		*(*byte)(unsafe.Add(at, i))++
	}
}

//go:nosplit
//go:norace
//go:noinline
//go:nocheckptr
func echoOnce() {
	n, _, err := unix.RawSyscall(unix.SYS_READ, uintptr(bare.connection), uintptr(unsafe.Pointer(&bare.buffer[0])), uintptr(len(bare.buffer)))
	if err == 0 {
		_, _, _ = unix.RawSyscall(unix.SYS_WRITE, uintptr(bare.connection), uintptr(unsafe.Pointer(&bare.buffer[0])), n)
	}
}

//go:nosplit
//go:norace
//go:noinline
func leave(status uintptr) {
	for {
		_, _, _ = unix.RawSyscall(unix.SYS_EXIT_GROUP, status, 0, 0)
	}
}

// crowdOut makes zombies until the kernel refuses.
//
//go:nosplit
//go:norace
//go:noinline
func crowdOut() {
	bare.board.errno = 0
	for bare.board.errno == 0 {
		makeZombie()
	}
}

// makeZombie makes a child that ends at once, and waits until it has: only then is it nothing but an entry.
//
//go:nosplit
//go:norace
//go:noinline
//go:nocheckptr
func makeZombie() {
	r, _, err := unix.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if err != 0 {
		bare.board.errno = uint64(err)
		return
	}
	if r == 0 {
		leave(0)
	}
	_, _, _ = unix.RawSyscall6(unix.SYS_WAITID, unix.P_PID, r, 0, unix.WEXITED|unix.WNOWAIT, 0, 0)
	bare.board.errno = 0
	bare.board.made++
}

// reapBare waits for that many children, or for all there are.
//
//go:nosplit
//go:norace
//go:noinline
func reapBare(most int) {
	for range most {
		if _, _, err := unix.RawSyscall6(unix.SYS_WAIT4, ^uintptr(0), 0, 0, 0, 0, 0); err != 0 {
			return
		}
		bare.board.made--
	}
}
