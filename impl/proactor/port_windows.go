package proactor

import (
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// A port is a completion port, and what was last taken from it. The kernel puts an entry there for each operation that has
// completed on a socket which is associated with the port, and nobody needs to ask for that. Anybody may put one there by
// hand as well; that is how the word to stop comes.
type port struct {
	handle  windows.Handle
	entries [64]portEntry // what was taken with one call
	at, n   uint32        // the next of them, and how many
}

// portEntry is an OVERLAPPED_ENTRY.
type portEntry struct {
	key      uintptr             // given when the socket was associated
	started  *windows.Overlapped // of the operation, the same that it was started with
	internal uintptr
	bytes    uint32
}

var getQueuedCompletionStatusEx = windows.NewLazySystemDLL("kernel32.dll").NewProc("GetQueuedCompletionStatusEx")

func newPort() (*port, error) {
	const threads = 1 // one takes from it
	h, err := windows.CreateIoCompletionPort(windows.InvalidHandle, 0, 0, threads)
	if err != nil {
		return nil, os.NewSyscallError("CreateIoCompletionPort", err)
	}
	return &port{handle: h}, nil
}

// add associates a socket with the port, for the life of the socket.
func (p *port) add(socket windows.Handle, key uintptr) error {
	_, err := windows.CreateIoCompletionPort(socket, p.handle, key, 0)
	return os.NewSyscallError("CreateIoCompletionPort", err)
}

// post puts an entry there by hand. Any thread may.
func (p *port) post(key uintptr) {
	_ = windows.PostQueuedCompletionStatus(p.handle, 0, key, nil) // fails when the port is gone, and then nobody waits
}

// wait blocks until there is an entry, but no longer than timeout, which is for ever if it is negative; and takes all there
// are, up to 64.
func (p *port) wait(timeout time.Duration) syscall.Errno {
	ms := uint32(windows.INFINITE)
	if timeout >= 0 {
		ms = uint32((timeout + time.Millisecond - 1) / time.Millisecond)
	}
	p.at, p.n = 0, 0
	r, _, err := getQueuedCompletionStatusEx.Call(uintptr(p.handle), uintptr(unsafe.Pointer(&p.entries)), uintptr(len(p.entries)),
		uintptr(unsafe.Pointer(&p.n)), uintptr(ms), 0)
	if e := errno(err); r == 0 && e != syscall.Errno(windows.WAIT_TIMEOUT) {
		return e
	}
	return 0
}

// next takes the next entry of those that wait has found.
func (p *port) next() (e *portEntry, ok bool) {
	if p.at == p.n {
		return nil, false
	}
	e = &p.entries[p.at]
	p.at++
	return e, true
}

func (p *port) close() { _ = windows.CloseHandle(p.handle) }
