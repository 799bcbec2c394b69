package proactor

import (
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/iospec/iospec/impl/server"
)

// kernel is the operation processor of proactor/iocp: the kernel performs the operations, and a completion port is how one
// is told. An operation gets there by a call of its own; none of these blocks.
type kernel struct {
	outbox
	port     *port
	family   int // of the listener's address
	size     int // bytes that a receive takes at most
	underWay map[*started]struct{}
	sockets  map[int]*socket
	free     [][]byte
	lent     []byte // the buffer that is free with the next completion
	tally    tally
}

// The keys that come with an entry of the port.
const (
	keySocket = iota // an operation on a socket has completed
	keyStop          // the word to stop
)

const (
	receiveSize = 16 << 10 // bytes of the buffer of a receive

	// An accept leaves both addresses of the client in its buffer, whether one wants them or not.
	addressSize = uint32(unsafe.Sizeof(windows.RawSockaddrAny{}) + 16)
)

// A started is an operation that is under way. The kernel knows it by the address of its OVERLAPPED, and gives that back
// with the completion: so that is the first field. It, and its buffer, must be reachable until then, or the collector
// takes memory that the kernel is about to write to: see kernel.underWay. And the collector moves nothing on the heap.
type started struct {
	overlapped windows.Overlapped
	op         operation
	fd         int
	buffer     []byte
	client     windows.Handle // accept: who was let in
}

// A socket is what the processor remembers of one.
type socket struct {
	waits *started // the receive that is under way, or at the listener the accept
	deaf  bool     // what has come may still be received, and nothing else
}

func newKernel(cfg server.Config) (*kernel, error) {
	port, err := newPort()
	if err != nil {
		return nil, err
	}
	k := &kernel{port: port, size: receiveSize, underWay: map[*started]struct{}{}, sockets: map[int]*socket{}}
	if cfg.ReadSize > 0 {
		k.size = min(cfg.ReadSize, receiveSize)
	}
	return k, nil
}

// listen prepares for clients of that listener.
func (k *kernel) listen(listener int) error {
	name, err := windows.Getsockname(windows.Handle(listener))
	if err != nil {
		return os.NewSyscallError("getsockname", err)
	}
	k.family = windows.AF_INET
	if _, six := name.(*windows.SockaddrInet6); six {
		k.family = windows.AF_INET6
	}
	return k.associate(listener)
}

// associate has the port told of what is started on the socket.
func (k *kernel) associate(fd int) error {
	k.sockets[fd] = new(socket) // a handle that was closed is given again
	return k.port.add(windows.Handle(fd), keySocket)
}

// start calls the kernel, which begins the operation, and returns.
func (k *kernel) start(op operation, fd int, p []byte) {
	switch op {
	case accept:
		k.accept(fd)
	case receive:
		k.receive(fd)
	case send:
		k.send(fd, p)
	case part:
		k.part(fd)
	case deafen:
		k.deafen(fd)
	case sever:
		_ = windows.CancelIoEx(windows.Handle(fd), nil) // fails if nothing is under way
		k.performed(op, fd)
	case stop: // nothing is to be started: the word comes to the port
	case cancel:
		k.cancel(k.sockets[fd].waits)
		k.performed(op, fd)
	}
}

// begin notes an operation before it is given to the kernel.
func (k *kernel) begin(op operation, fd int, buffer []byte) *started {
	s := &started{op: op, fd: fd, buffer: buffer}
	k.underWay[s] = struct{}{}
	return s
}

// given notes what the kernel said. Also an operation that succeeded at once has its entry in the port, and only there is it
// dealt with: one way is enough. One that was refused has none.
func (k *kernel) given(s *started, err error) bool {
	if err == nil || err == windows.ERROR_IO_PENDING {
		k.tally.started++
		if s.op != send {
			k.sockets[s.fd].waits = s
		}
		return true
	}
	delete(k.underWay, s)
	k.refused(s.op, s.fd, err)
	return false
}

// accept makes the socket first that a client is going to have. One accept is under way at a time; other clients are in the
// listener's queue meanwhile.
func (k *kernel) accept(listener int) {
	client, err := server.NewSocket(k.family)
	if err != nil {
		k.refused(accept, listener, err)
		return
	}
	s := k.begin(accept, listener, make([]byte, 2*addressSize))
	s.client = client
	var n uint32
	if !k.given(s, windows.AcceptEx(windows.Handle(listener), client, &s.buffer[0], 0, addressSize, addressSize, &n, &s.overlapped)) {
		server.CloseFD(int(client))
	}
}

// receive gives the kernel a buffer, before anything has come.
func (k *kernel) receive(fd int) {
	s := k.begin(receive, fd, k.buffer())
	what := windows.WSABuf{Len: uint32(len(s.buffer)), Buf: &s.buffer[0]}
	var flags uint32
	if !k.given(s, windows.WSARecv(windows.Handle(fd), &what, 1, nil, &flags, &s.overlapped, nil)) {
		k.free = append(k.free, s.buffer)
	} else if k.sockets[fd].deaf {
		k.cancel(s) // too late for that if it has what has come
	}
}

func (k *kernel) send(fd int, p []byte) {
	s := k.begin(send, fd, p)
	what := windows.WSABuf{Len: uint32(len(p)), Buf: unsafe.SliceData(p)}
	k.given(s, windows.WSASend(windows.Handle(fd), &what, 1, nil, 0, &s.overlapped, nil))
}

// deafen ends what is waited for: a client, or what a client says. It is not shutdown, by which Windows would answer whatever
// else the client says with a reset; so what has come is received, and the end is made up: see completed.
func (k *kernel) deafen(fd int) {
	k.sockets[fd].deaf = true
	k.cancel(k.sockets[fd].waits)
	k.performed(deafen, fd)
}

// cancel ends an operation. It completes nevertheless, if only with word of that.
func (k *kernel) cancel(s *started) {
	if s != nil {
		_ = windows.CancelIoEx(windows.Handle(s.fd), &s.overlapped) // fails if it has completed
	}
}

// sayStop says the word to stop. Any thread may.
func (k *kernel) sayStop() { k.port.post(keyStop) }

// wait waits for entries of the port.
func (k *kernel) wait(timeout time.Duration) error {
	if k.done.len() > 0 {
		timeout = 0
	}
	k.tally.calls++
	if err := k.port.wait(timeout); err != 0 {
		return server.Fatal("GetQueuedCompletionStatusEx", err)
	}
	return nil
}

// next takes a completion from the port. The buffer of the last one is free now.
func (k *kernel) next() (c completion, ok bool) {
	if k.lent != nil {
		k.free = append(k.free, k.lent)
		k.lent = nil
	}
	if c, ok = k.done.take(); ok {
		return c, true
	}
	e, ok := k.port.next()
	if !ok {
		return c, false
	}
	if e.key == keyStop {
		return completion{op: stop}, true
	}
	return k.completed((*started)(unsafe.Pointer(e.started)), int(e.bytes)), true
}

// completed is what an operation came to. Its status is in its OVERLAPPED.
func (k *kernel) completed(s *started, n int) completion {
	delete(k.underWay, s)
	c := completion{op: s.op, fd: s.fd, n: n}
	if status := windows.NTStatus(s.overlapped.Internal); status != windows.STATUS_SUCCESS {
		c.n, c.err = 0, errno(status.Errno())
	}
	known := k.sockets[s.fd]
	if s.op != send {
		known.waits = nil
	}
	switch s.op {
	case accept:
		c.n, c.err = k.admit(s, c.err)
	case receive:
		k.lent, c.data = s.buffer[:k.size], s.buffer[:c.n]
		if known.deaf && c.err == syscall.ECANCELED {
			c.err = 0 // nothing has come: that is the end
		}
	}
	k.tally.count(&c)
	return c
}

// admit makes a connection of an accepted socket: it inherits the properties of the listener now, and no earlier.
func (k *kernel) admit(s *started, err syscall.Errno) (client int, _ syscall.Errno) {
	client = int(s.client)
	if err == 0 {
		err = errno(k.admitted(windows.Handle(s.fd), s.client))
	}
	if err != 0 {
		server.CloseFD(client)
		return -1, err
	}
	return client, 0
}

func (k *kernel) admitted(listener, client windows.Handle) error {
	err := windows.Setsockopt(client, windows.SOL_SOCKET, windows.SO_UPDATE_ACCEPT_CONTEXT,
		(*byte)(unsafe.Pointer(&listener)), int32(unsafe.Sizeof(listener)))
	if err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	if err := windows.SetsockoptInt(client, windows.IPPROTO_TCP, windows.TCP_NODELAY, 1); err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	return k.associate(int(client))
}

// buffer is where to receive: it is given before anything has come.
func (k *kernel) buffer() []byte {
	if last := len(k.free) - 1; last >= 0 {
		b := k.free[last]
		k.free = k.free[:last]
		return b
	}
	return make([]byte, k.size)
}

// close frees the port. Nothing is under way, so the kernel writes to no memory any more.
func (k *kernel) close() { k.port.close() }
