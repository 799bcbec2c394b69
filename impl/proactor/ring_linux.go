package proactor

import (
	"fmt"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A ring is io_uring (io_uring(7)): two queues in memory that is shared with the kernel. Operations are put into the one,
// and what they came to is taken from the other. A queue has a head, from which entries are taken, and a tail, to which
// they are added. One side moves the one, the other side the other, and a store that others are to see comes after all
// that it announces; Go's atomics see to that.
type ring struct {
	fd            int
	shared        []byte // both queues
	entriesMemory []byte
	entries       []submissionEntry
	results       []completionEntry

	submitHead, submitTail *uint32
	resultHead, resultTail *uint32
	added                  uint32 // the tail, as far as entries were added; the kernel is told when they are submitted

	patience waitArgument // for enter: here, since the kernel is given addresses, and a stack may move
	limit    unix.Timespec
}

const (
	submissions = 1024
	completions = 4096 // more, since an operation may complete often; what is beyond waits in the kernel
)

// modes are the ways to set up a ring, best first. Older kernels refuse the better ones with EINVAL.
var modes = []uint32{
	setupSingleIssuer | setupDeferTaskrun | setupCooperative | setupSubmitAll | setupNoArray, // Linux 6.6
	setupSingleIssuer | setupDeferTaskrun | setupCooperative | setupSubmitAll,                // 6.1
	setupCooperative | setupSubmitAll,                                                        // 5.19
	0,
}

// newRing sets up a ring in the first of the modes that the kernel accepts.
func newRing(modes []uint32) (*ring, error) {
	var s setup
	for _, mode := range modes {
		s = setup{flags: mode | setupClamp | setupCompletions, completions: completions}
		fd, _, err := unix.Syscall(unix.SYS_IO_URING_SETUP, submissions, uintptr(unsafe.Pointer(&s)), 0)
		if err == 0 {
			return mapRing(int(fd), &s)
		}
		if err != unix.EINVAL {
			return nil, &Unavailable{"io_uring_setup", err}
		}
	}
	return nil, &Unavailable{"io_uring_setup", unix.EINVAL}
}

// mapRing maps what the kernel shares, and finds what is where.
func mapRing(fd int, s *setup) (r *ring, err error) {
	r = &ring{fd: fd}
	defer func() {
		if err != nil {
			r.close()
		}
	}()
	size := s.completion.entry + s.completions*uint32(unsafe.Sizeof(completionEntry{}))
	if s.flags&setupNoArray == 0 {
		size = max(size, s.submission.array+s.submissions*4)
	}
	const access, kind = unix.PROT_READ | unix.PROT_WRITE, unix.MAP_SHARED | unix.MAP_POPULATE
	if r.shared, err = unix.Mmap(fd, mapRings, int(size), access, kind); err != nil {
		return nil, &Unavailable{"mmap", err}
	}
	if r.entriesMemory, err = unix.Mmap(fd, mapEntries, int(s.submissions)*int(unsafe.Sizeof(submissionEntry{})), access, kind); err != nil {
		return nil, &Unavailable{"mmap", err}
	}
	at := func(offset uint32) *uint32 { return (*uint32)(unsafe.Pointer(&r.shared[offset])) }
	r.submitHead, r.submitTail = at(s.submission.head), at(s.submission.tail)
	r.resultHead, r.resultTail = at(s.completion.head), at(s.completion.tail)
	r.entries = unsafe.Slice((*submissionEntry)(unsafe.Pointer(&r.entriesMemory[0])), s.submissions)
	r.results = unsafe.Slice((*completionEntry)(unsafe.Pointer(&r.shared[s.completion.entry])), s.completions)
	if s.flags&setupNoArray == 0 { // which entry is submitted at each place: the one of that place
		for i, order := uint32(0), unsafe.Slice(at(s.submission.array), s.submissions); i < s.submissions; i++ {
			order[i] = i
		}
	}
	return r, nil
}

// close frees the ring. The kernel ends what is under way.
func (r *ring) close() {
	for _, memory := range [][]byte{r.shared, r.entriesMemory} {
		if memory != nil {
			_ = unix.Munmap(memory)
		}
	}
	_ = unix.Close(r.fd)
}

// add makes room for an operation, to be submitted with the next enter.
func (r *ring) add() *submissionEntry {
	for r.added-atomic.LoadUint32(r.submitHead) == uint32(len(r.entries)) {
		if err := r.enter(0, 0); err != 0 {
			panic(fmt.Sprint("io_uring_enter, of what is known to be right: ", err))
		}
	}
	e := &r.entries[r.added&uint32(len(r.entries)-1)]
	*e = submissionEntry{}
	r.added++
	return e
}

// wait submits what was added, and waits for one completion, if there is none: no longer than timeout, or for ever if it
// is negative. One call does both.
func (r *ring) wait(timeout time.Duration) unix.Errno {
	atLeast := uint32(1)
	flags := uint32(enterGetEvents)
	switch {
	case timeout == 0 || *r.resultHead != atomic.LoadUint32(r.resultTail):
		atLeast = 0
	case timeout > 0:
		flags |= enterExtArgument
		r.limit = unix.NsecToTimespec(int64(timeout))
	}
	return r.enter(atLeast, flags)
}

// enter is io_uring_enter(2). It may block, so the scheduler is told. That the time is up, or that a signal came, is no
// error: there may be nothing to take, and the caller waits again. EBUSY says that completions are to be taken first.
func (r *ring) enter(atLeast, flags uint32) unix.Errno {
	atomic.StoreUint32(r.submitTail, r.added)
	var argument, size uintptr
	if flags&enterExtArgument != 0 {
		r.patience.timeout = uint64(uintptr(unsafe.Pointer(&r.limit)))
		argument, size = uintptr(unsafe.Pointer(&r.patience)), unsafe.Sizeof(r.patience)
	}
	_, _, err := unix.Syscall6(unix.SYS_IO_URING_ENTER, uintptr(r.fd), uintptr(r.added-atomic.LoadUint32(r.submitHead)), uintptr(atLeast), uintptr(flags), argument, size)
	switch err {
	case unix.ETIME, unix.EINTR, unix.EBUSY, unix.EAGAIN:
		return 0
	}
	return err
}

// next takes the next completion.
func (r *ring) next() (c completionEntry, ok bool) {
	head := *r.resultHead // which nobody else moves
	if head == atomic.LoadUint32(r.resultTail) {
		return c, false
	}
	c = r.results[head&uint32(len(r.results)-1)]
	atomic.StoreUint32(r.resultHead, head+1)
	return c, true
}

// register is io_uring_register(2).
func (r *ring) register(what uintptr, argument unsafe.Pointer, n uintptr) unix.Errno {
	_, _, err := unix.Syscall6(unix.SYS_IO_URING_REGISTER, uintptr(r.fd), what, uintptr(argument), n, 0, 0)
	return err
}

// knows reports whether the kernel has an operation.
func (r *ring) knows(op uint8) (bool, error) {
	var all operations
	if err := r.register(registerProbe, unsafe.Pointer(&all), uintptr(len(all.each))); err != 0 {
		return false, &Unavailable{"io_uring_register", err}
	}
	return all.last >= op && all.each[op].flags&opKnown != 0, nil
}
