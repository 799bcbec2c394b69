//go:build linux && (amd64 || arm64)

package tracer

import (
	"fmt"

	"github.com/iospec/iospec/trace"
)

// io_uring (io_uring_setup(2), include/uapi/linux/io_uring.h). Its operations are not system calls, so they are read
// where the server puts them: in its memory, at the stops of io_uring_enter. Where that is, mmap's results tell.
//
// Submissions are those that the call hands over. Completions are those that have come since the last enter on this ring
// returned, each recorded once, even if the server has taken some without a call in between; what it took so long ago
// that its slot has been used again counts as lost (trace.End.Lost).
//
// With SQPOLL a kernel thread takes submissions without any call. They are read at the next enter, as far as their slots
// are still theirs; of a server that never enters, nothing is seen. Sampling such a ring is left to be done.

const (
	setupSQPoll   = 1 << 1
	setupSQE128   = 1 << 10
	setupCQE32    = 1 << 11
	setupNoMmap   = 1 << 14
	setupFDOnly   = 1 << 15
	setupNoArray  = 1 << 16
	featureSingle = 1 << 0

	enterRegistered    = 1 << 4
	registerRings      = 20
	registerRegistered = 1 << 31

	offsetCQ   = 0x8000000
	offsetSQEs = 0x10000000

	paramsSize = 120
	sqeSize    = 64
	cqeSize    = 16

	sqeFixed = 1 << 0
	cqeMore  = 1 << 1
	cqeSkip  = 1 << 5
	cqe32    = 1 << 15
)

// ring is what io_uring_setup said of a ring, and where its parts are mapped.
type ring struct {
	sqEntries, cqEntries uint32
	setup, features      uint32

	sqHeadAt, sqTailAt, sqArrayAt uint32 // offsets in the first mapping
	cqTailAt, cqesAt              uint32 // offsets in the second, which may be the first

	sq, cq, sqes uint64 // the mappings' addresses; 0: not known

	sqSeen, cqSeen uint32 // up to here all was recorded
	pending        map[uint64]string
}

// decodeParams reads struct io_uring_params as io_uring_setup left it.
func decodeParams(b []byte) *ring {
	if len(b) < paramsSize {
		return nil
	}
	sq, cq := b[40:], b[80:]
	r := &ring{
		sqEntries: le.Uint32(b), cqEntries: le.Uint32(b[4:]), setup: le.Uint32(b[8:]), features: le.Uint32(b[20:]),
		sqHeadAt: le.Uint32(sq), sqTailAt: le.Uint32(sq[4:]), sqArrayAt: le.Uint32(sq[24:]),
		cqTailAt: le.Uint32(cq[4:]), cqesAt: le.Uint32(cq[20:]),
		pending: map[uint64]string{},
	}
	if r.setup&setupNoMmap != 0 { // the server gave the memory itself
		r.sq, r.cq, r.sqes = le.Uint64(cq[32:]), le.Uint64(cq[32:]), le.Uint64(sq[32:])
	}
	return r
}

func (tr *tracer) leaveRingSetup(t *task) {
	if failed(t) {
		return
	}
	r := decodeParams(tr.mem.read(t.tid, t.args[1], paramsSize))
	if r != nil {
		t.call.Flags = uint64(r.setup)
	}
	if r != nil && r.setup&setupFDOnly != 0 {
		f := tr.newNumbered("ring")
		f.ring = r
		t.register(int(t.call.Result), f)
		return
	}
	tr.makeNumbered(t, "ring").ring = r
}

// register notes a ring under an index, as a thread may do to spare the look-up of its descriptor.
func (t *task) register(index int, f *file) {
	if t.rings == nil {
		t.rings = map[int]*file{}
	}
	t.rings[index] = f
}

// leaveMmap finds out where a ring's parts are.
func (tr *tracer) leaveMmap(t *task) {
	if failed(t) || t.file == nil || t.file.ring == nil {
		return
	}
	r, addr := t.file.ring, uint64(t.call.Result)
	switch t.args[5] {
	case 0:
		r.sq = addr
		if r.features&featureSingle != 0 {
			r.cq = addr
		}
	case offsetCQ:
		r.cq = addr
	case offsetSQEs:
		r.sqes = addr
	}
}

func (tr *tracer) enterRing(t *task) {
	t.call.Flags, t.call.NFDs = uint64(uint32(t.args[3])), int(uint32(t.args[2]))
	t.call.Want = int64(uint32(t.args[1]))
	tr.nameRing(t, t.call.Flags&enterRegistered != 0)
	if t.file == nil || t.file.ring == nil {
		return
	}
	t.call.Ring = &trace.Ring{}
	tr.submissions(t, t.file.ring, uint32(t.args[1]))
}

// nameRing finds the ring that the first argument names, by its descriptor or by the index of a registered one.
func (tr *tracer) nameRing(t *task, registered bool) {
	number := descriptor(t.args[0])
	if registered {
		t.file = t.rings[number]
	} else {
		t.call.FD, t.file = number, tr.named(t, number)
	}
	if t.file != nil {
		t.call.Object = t.file.object
	}
}

func (tr *tracer) leaveRing(t *task) {
	if t.call.Ring != nil {
		tr.completions(t, t.file.ring)
	}
}

// submissions reads what is between head and tail of the submission queue, at most as many as are handed over.
func (tr *tracer) submissions(t *task, r *ring, handed uint32) {
	head, ok1 := tr.mem.uint32(t.tid, r.sq+uint64(r.sqHeadAt))
	tail, ok2 := tr.mem.uint32(t.tid, r.sq+uint64(r.sqTailAt))
	if r.sq == 0 || r.sqes == 0 || !ok1 || !ok2 || r.sqEntries == 0 {
		return
	}
	n := min(tail-head, handed)
	if r.setup&setupSQPoll != 0 {
		head, n = r.sqSeen, tail-r.sqSeen
		r.sqSeen = tail
	}
	if n > r.sqEntries {
		tr.lost += int64(n - r.sqEntries)
		head, n = tail-r.sqEntries, r.sqEntries
	}
	for i := range n {
		tr.submission(t, r, head+i)
	}
}

// submission reads the entry at one place of the queue, through the array of indices where there is one.
func (tr *tracer) submission(t *task, r *ring, place uint32) {
	index, ok := place&(r.sqEntries-1), true
	if r.setup&setupNoArray == 0 {
		index, ok = tr.mem.uint32(t.tid, r.sq+uint64(r.sqArrayAt)+4*uint64(index))
	}
	size := uint64(sqeSize)
	if r.setup&setupSQE128 != 0 {
		size *= 2
	}
	b := tr.mem.read(t.tid, r.sqes+uint64(index)*size, sqeSize)
	if !ok || b == nil {
		tr.lost++
		return
	}
	sqe, direct := decodeSQE(b)
	if !sqe.Fixed {
		sqe.Object = tr.objectOf(t, sqe.FD)
	}
	switch {
	case sqe.Op == "CLOSE" && !sqe.Fixed:
		t.files.set(sqe.FD, nil)
	case sqe.Op == "ACCEPT" && !direct:
		r.pending[sqe.Data] = sqe.Op
	}
	t.call.Ring.Submitted = append(t.call.Ring.Submitted, sqe)
}

// decodeSQE reads struct io_uring_sqe. direct: what the operation makes goes into the ring's own table.
func decodeSQE(b []byte) (sqe trace.SQE, direct bool) {
	if len(b) < sqeSize {
		return trace.SQE{}, false
	}
	sqe = trace.SQE{
		Op: ringOp(b[0]), Flags: uint32(b[1]), OpBits: uint32(le.Uint16(b[2:])), FD: int(int32(le.Uint32(b[4:]))),
		Addr: le.Uint64(b[16:]), Len: le.Uint32(b[24:]), Data: le.Uint64(b[32:]),
	}
	sqe.Fixed = sqe.Flags&sqeFixed != 0
	return sqe, le.Uint32(b[44:]) != 0
}

// completions reads what has come since the last time.
func (tr *tracer) completions(t *task, r *ring) {
	tail, ok := tr.mem.uint32(t.tid, r.cq+uint64(r.cqTailAt))
	if r.cq == 0 || !ok || r.cqEntries == 0 {
		return
	}
	if n := tail - r.cqSeen; n > r.cqEntries {
		tr.lost += int64(n - r.cqEntries)
		r.cqSeen = tail - r.cqEntries
	}
	size := uint64(cqeSize)
	if r.setup&setupCQE32 != 0 {
		size *= 2
	}
	for ; r.cqSeen != tail; r.cqSeen++ {
		b := tr.mem.read(t.tid, r.cq+uint64(r.cqesAt)+uint64(r.cqSeen&(r.cqEntries-1))*size, cqeSize)
		cqe := decodeCQE(b)
		switch {
		case b == nil:
			tr.lost++
		case cqe.Flags&cqe32 != 0 && r.setup&setupCQE32 == 0:
			r.cqSeen++ // in a ring of both sizes a large one takes two slots
			fallthrough
		default:
			tr.completion(t, r, cqe)
		}
		if r.cqSeen == tail {
			return
		}
	}
}

// completion notes one. What an accept has made is looked at, so that the new socket is described.
func (tr *tracer) completion(t *task, r *ring, cqe trace.CQE) {
	if cqe.Flags&cqeSkip != 0 {
		return
	}
	if r.pending[cqe.Data] == "ACCEPT" {
		if cqe.Result >= 0 {
			tr.look(t, int(cqe.Result))
		}
		if cqe.Flags&cqeMore == 0 {
			delete(r.pending, cqe.Data)
		}
	}
	t.call.Ring.Completed = append(t.call.Ring.Completed, cqe)
}

// decodeCQE reads struct io_uring_cqe.
func decodeCQE(b []byte) trace.CQE {
	if len(b) < cqeSize {
		return trace.CQE{}
	}
	return trace.CQE{Data: le.Uint64(b), Result: int32(le.Uint32(b[8:])), Flags: le.Uint32(b[12:])}
}

// registerNames are the operations of io_uring_register(2) that concern a recording.
var registerNames = map[uint64]string{
	0: "REGISTER_BUFFERS", 2: "REGISTER_FILES", 6: "REGISTER_FILES_UPDATE", 8: "REGISTER_PROBE", 12: "REGISTER_ENABLE_RINGS",
	registerRings: "REGISTER_RING_FDS", 22: "REGISTER_PBUF_RING", 23: "UNREGISTER_PBUF_RING",
}

func (tr *tracer) enterRingRegister(t *task) {
	t.call.Option, t.call.Value = nameOf(registerNames, t.args[1]&^registerRegistered), int64(uint32(t.args[3]))
	tr.nameRing(t, t.args[1]&registerRegistered != 0)
}

// leaveRingRegister reads an array of struct io_uring_rsrc_update: the index that was given, and the ring's descriptor.
func (tr *tracer) leaveRingRegister(t *task) {
	const updateSize = 16
	if failed(t) || t.args[1]&^registerRegistered != registerRings {
		return
	}
	for i := range uint64(min(t.call.Result, 16)) {
		b := tr.mem.read(t.tid, t.args[2]+i*updateSize, updateSize)
		if b == nil {
			return
		}
		index, fd := int(le.Uint32(b)), int(le.Uint64(b[8:]))
		if f := tr.named(t, fd); f != nil {
			t.register(index, f)
		}
	}
}

// ringOps are the names of the operations, by number.
var ringOps = [...]string{
	"NOP", "READV", "WRITEV", "FSYNC", "READ_FIXED", "WRITE_FIXED", "POLL_ADD", "POLL_REMOVE", "SYNC_FILE_RANGE", "SENDMSG",
	"RECVMSG", "TIMEOUT", "TIMEOUT_REMOVE", "ACCEPT", "ASYNC_CANCEL", "LINK_TIMEOUT", "CONNECT", "FALLOCATE", "OPENAT",
	"CLOSE", "FILES_UPDATE", "STATX", "READ", "WRITE", "FADVISE", "MADVISE", "SEND", "RECV", "OPENAT2", "EPOLL_CTL", "SPLICE",
	"PROVIDE_BUFFERS", "REMOVE_BUFFERS", "TEE", "SHUTDOWN", "RENAMEAT", "UNLINKAT", "MKDIRAT", "SYMLINKAT", "LINKAT",
	"MSG_RING", "FSETXATTR", "SETXATTR", "FGETXATTR", "GETXATTR", "SOCKET", "URING_CMD", "SEND_ZC", "SENDMSG_ZC",
	"READ_MULTISHOT", "WAITID", "FUTEX_WAIT", "FUTEX_WAKE", "FUTEX_WAITV", "FIXED_FD_INSTALL", "FTRUNCATE", "BIND", "LISTEN",
	"RECV_ZC", "EPOLL_WAIT", "READV_FIXED", "WRITEV_FIXED", "PIPE",
}

func ringOp(op byte) string {
	if int(op) < len(ringOps) {
		return ringOps[op]
	}
	return fmt.Sprintf("OP_%d", op)
}
