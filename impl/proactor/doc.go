// Package proactor holds the Proactor, three times: on io_uring and on the completion ports of Windows, where the kernel
// performs the operations, and emulated, where threads do. A reactor is told that something can be done now, and does it.
// A proactor starts it, and is told that it has been done: when a handler hears of a request, the bytes are already in a
// buffer that was given away before they came.
//
// # Who does what
//
//	initiate    the initiator: makes the processor, the proactor and the first operations
//	processor   the operation processor: performs operations, and queues what they came to
//	  kernel      of proactor/uring: it writes submissions, the kernel does the rest
//	  kernel      of proactor/iocp: it makes a call for each, the kernel does the rest
//	  helpers     of proactor/emulated: threads that block in accept, recv and send
//	proactor    waits for completions, and dispatches each to the handler of its kind
//	accepted    a completion handler: a client has come
//	received    another: bytes have come, and the work is done on them
//	sent        another: a reply has gone, or its beginning
//	parted      another: the client was told that nothing more comes
//	settle      starts what a connection now wants; so every handler ends in an operation
//
// The proactor and its handlers are the same code for all servers, as are those of the protocols, which also serve under
// the reactors (server.Handler). Only the processor differs.
//
// A connection has one send under way at a time, so that replies keep their order; if less went than was given, the rest
// is started again. A connection is closed when nothing is under way on it: what is under way is ended first (sever),
// since an operation keeps a socket alive, whatever is done to its descriptor. To stop, the server frees its port, and
// then ends the receiving side of every connection (deafen): what has come is still received and answered, then comes the
// end, as if the client had ended.
//
// # On io_uring
//
// One accept and one receive per connection are started, and go on: each client, each piece completes them anew
// (multishot). Nobody gives them a buffer: the kernel takes one from a set that all connections share, so an idle
// connection has none. When the set is used up, a receive ends with ENOBUFS and is started again. A receive that goes on
// does not ask whether there is room, so back-pressure is the server's to make: it cancels the receive of a client that
// sends and does not read.
//
// All that was started in a turn is submitted with one call, which also waits: io_uring_enter. There is no accept, read,
// write or epoll call on a connection, ever; shutdown and close are called, since they never block.
//
// "The data is already there" has a footnote. Where the kernel allows it, the ring is set up so that completions are
// worked off by the thread that waits, inside its own call (DEFER_TASKRUN): cheapest, but then it is that call which fills
// the buffer. In the older modes, which are fallen back upon, the buffer is filled earlier, at whatever moment the thread
// passes through the kernel. In both, the server makes no call to have bytes copied.
//
// Where io_uring is missing, forbidden, or older than Linux 6.0, the server says so and ends: Unavailable.
//
// # On completion ports
//
// On Windows each operation is a call that returns at once: AcceptEx, WSARecv, WSASend, with an OVERLAPPED by which the
// kernel knows it. What it came to is taken from a completion port, up to 64 at a time. A receive is given its buffer when
// it starts, so an idle connection has one, of 16 KiB. One that succeeds at once has its completion all the same. Nothing
// has to be started to hear the word to stop: it is put into the port by hand. And to deafen a connection its receive is
// cancelled, since shutdown(SD_RECEIVE) would have Windows answer with a reset what the client says after that.
//
// On Linux the server runs under Wine, which keeps the contract by means of its own, and slowly.
//
// # Emulated
//
// So does POSIX aio in glibc, and any library that offers a Proactor where the system has none. BEWARE OF ITS LIMIT: a
// receive that is under way is a thread that is blocked. With K helpers (Config.Workers; 128 unless told otherwise) at most
// K receives are under way, and the next one waits until one of them completes: WITH K SILENT CLIENTS, ALL OTHERS WAIT,
// WITHOUT BOUND. Sends have K helpers of their own, else the same K clients would keep every reply from being sent, as they
// do in glibc; K clients that do not read stop all sending even so. And each message costs two hand-overs between threads.
// So it has the interface of a Proactor, and the price of a thread per connection.
//
// # Where they shine
//
// One call per turn, however many connections have something: under load, the calls per request go towards zero, and the
// kernel does in one go what a reactor asks for one by one. Operations that have no readiness, such as those on files, fit
// in as well.
//
// # Where they break
//
// One thread is one core, and a slow handler stalls everybody, as in a reactor. With one connection, or few, there is
// nothing to batch, and an epoll loop is as good. Memory belongs to the kernel until the completion, so neither buffers nor
// connections can be freed when one likes: ending an operation is an operation. Many containers forbid io_uring.
//
// # Claims that show it
//
// proactor.is-async, proactor.buffer-given-first, proactor.kernel-moves-data, proactor.both-dispatch-events,
// proactor.initiator, proactor.operation-processor, proactor.calls-handler, proactor.linux-aio-incomplete,
// proactor.linux-uses-reactor; emulated: aio.posix-emulated, aio.posix-files-only; on completion ports:
// iocp.kernel-asynchrony, iocp.proactor-efficient, and under Wine what every server keeps (server.*), but for what is made of
// Linux' own means.
package proactor
