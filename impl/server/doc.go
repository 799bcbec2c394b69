// Package server is what the reference servers have in common, whatever their architecture: how they are configured,
// the work they do, and the few system calls that every one of them makes. How a server waits, who accepts and who
// does the work is not here: that is what each of them is about, and it stands in its own package.
//
// The parts, from the outside in:
//
//	Config    what a server is told: address, protocol, workers
//	Door      the listening socket and the word to stop; it hands out connections
//	Table     the connections of one thread, found by descriptor
//	Conn      one connection: its handler, and what is left over between two turns
//	Desk      the buffers of one thread, shared by all its connections
//	Handler   the work itself: bytes in, bytes out, no I/O
//	Clerk     who serves one connection at a time on a blocking socket: a thread or process with nothing else to do
//	Roster    the connections that clerks are in the midst of, so that they can be told to finish
//
// System calls are made directly and never through the runtime's network poller, so that what is seen from outside is
// what the code says. Calls on non-blocking descriptors use RawSyscall: they return at once, so the scheduler need not
// hear of them, which saves up to a quarter of a server's CPU. Calls that may block, the waits, use Syscall.
package server
