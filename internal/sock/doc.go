// Package sock is what Rules and drivers need of sockets and wait sets: connected pairs, the three demultiplexers as
// thin as they come, memory that faults on purpose. It talks to Linux directly; nothing here is hidden by a runtime.
//
// Descriptors are plain ints, non-blocking and close-on-exec unless said otherwise. Who asked for one closes it, once:
// see Bag. Every wait is repeated after EINTR, because the Go runtime interrupts its own threads with SIGURG.
package sock
