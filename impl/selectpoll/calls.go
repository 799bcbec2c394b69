//go:build linux

package selectpoll

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/iospec/iospec/impl/server"
)

// acceptsPerTurn is how many new clients are taken between two waits.
const acceptsPerTurn = 128

// ppoll waits for at least one descriptor of the set, for ever if timeout is negative. It may block, so the scheduler
// is told (Syscall).
func ppoll(set []unix.PollFd, timeout time.Duration) (n int, err unix.Errno) {
	for {
		until := timespec(timeout) // the kernel leaves in it what remains, so it is made anew
		r, _, err := unix.Syscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(unsafe.SliceData(set))), uintptr(len(set)), uintptr(unsafe.Pointer(until)), 0, 0, 0)
		if err == 0 {
			return int(r), 0
		}
		if err != unix.EINTR { // a signal, of the Go runtime or another: wait on
			return 0, err
		}
	}
}

// pselect waits for at least one descriptor below n of the two sets, for ever if timeout is negative, and overwrites the
// sets with those that are ready. It counts a descriptor that is in both twice.
func pselect(n int, read, write *unix.FdSet, timeout time.Duration) (ready int, err unix.Errno) {
	until := timespec(timeout)
	r, _, err := unix.Syscall6(unix.SYS_PSELECT6, uintptr(n), uintptr(unsafe.Pointer(read)), uintptr(unsafe.Pointer(write)), 0, uintptr(unsafe.Pointer(until)), 0)
	if err != 0 {
		return 0, err
	}
	return int(r), 0
}

func timespec(timeout time.Duration) *unix.Timespec {
	if timeout < 0 {
		return nil
	}
	t := unix.NsecToTimespec(int64(timeout))
	return &t
}

// scans counts what select and poll are known for: after every call the server looks through what it handed in, to find
// out which descriptors are ready.
type scans struct{ calls, looks int64 }

func (s *scans) log(door *server.Door, name string) {
	door.Logf("%s: %d calls, after which %d descriptors were looked at", name, s.calls, s.looks)
}
