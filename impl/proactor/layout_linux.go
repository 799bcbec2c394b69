package proactor

// What the kernel and a program share, as include/uapi/linux/io_uring.h lays it out. All of it is memory in the kernel's
// own format, hence the exact sizes.

// setup is struct io_uring_params: what is asked of io_uring_setup, and what it answers.
type setup struct {
	submissions, completions uint32
	flags                    uint32
	threadCPU, threadIdle    uint32
	features                 uint32
	workers                  uint32
	_                        [3]uint32
	submission               struct{ head, tail, mask, entries, flags, dropped, array, _, _, _ uint32 } // offsets
	completion               struct{ head, tail, mask, entries, overflow, entry, flags, _, _, _ uint32 }
}

// submissionEntry is struct io_uring_sqe: an operation to be performed.
type submissionEntry struct {
	op, flags   uint8
	priority    uint16 // flags of the operation, for those that we use
	fd          int32
	offset      uint64
	addr        uint64
	size        uint32
	opFlags     uint32 // flags of the system call that does the same
	data        uint64 // comes back with the completion
	bufferGroup uint16
	_           uint16
	_           uint32
	_, _        uint64
}

// completionEntry is struct io_uring_cqe: what an operation came to.
type completionEntry struct {
	data   uint64
	result int32 // a negative errno if it failed
	flags  uint32
}

// bufferEntry is struct io_uring_buf: a buffer for the kernel to choose. In the first entry of a ring of them, the last
// field is the ring's tail.
type bufferEntry struct {
	addr uint64
	size uint32
	id   uint16
	tail uint16
}

// bufferRing is struct io_uring_buf_reg: what is told of a ring of buffers.
type bufferRing struct {
	addr    uint64
	entries uint32
	group   uint16
	flags   uint16
	_       [3]uint64
}

// waitArgument is struct io_uring_getevents_arg: how long to wait.
type waitArgument struct {
	signals     uint64
	signalsSize uint32
	_           uint32
	timeout     uint64 // address of a struct timespec
}

// operations is struct io_uring_probe: which operations the kernel knows.
type operations struct {
	last, count uint8
	_           uint16
	_           [3]uint32
	each        [64]struct {
		op, _ uint8
		flags uint16
		_     uint32
	}
}

const (
	setupCompletions  = 1 << 3  // the size of the completion queue is given
	setupClamp        = 1 << 4  // too large a queue is made as large as may be
	setupSubmitAll    = 1 << 7  // an operation that fails at once does not keep the others from being started
	setupCooperative  = 1 << 8  // do not interrupt the thread when something completes: it will come
	setupSingleIssuer = 1 << 12 // one thread submits
	setupDeferTaskrun = 1 << 13 // complete when that thread waits, not in the midst of its work
	setupNoArray      = 1 << 16 // submissions are in the order of their entries

	mapRings   = 0
	mapEntries = 0x10000000

	enterGetEvents   = 1 << 0
	enterExtArgument = 1 << 3

	registerProbe   = 8
	registerBuffers = 22
	buffersInc      = 2 // a buffer is consumed bit by bit, not as a whole

	opAccept     = 13
	opCancel     = 14
	opRead       = 22
	opSend       = 26
	opReceive    = 27
	opSendZC     = 47 // not used: it came with Linux 6.0, as did multishot receive, which cannot be asked about
	opKnown      = 1 << 0
	chooseBuffer = 1 << 5 // of a submission: the kernel takes a buffer from the group

	acceptMultishot  = 1 << 0
	receiveMultishot = 1 << 1

	completionBuffer     = 1 << 0 // the upper half of flags is the buffer's number
	completionMore       = 1 << 1 // the operation goes on
	completionBufferMore = 1 << 4 // there is room left in the buffer, and it will be used
)
