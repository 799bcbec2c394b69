// Package threadpool holds the servers that give every client a thread: made when the client comes, or made ahead and
// shared through a queue. A thread sleeps in the kernel, inside recv or send, until its one client has something for
// it. Nothing waits for several descriptors, and no socket is non-blocking.
//
// # Who does what
//
//	run     the acceptor, a thread of its own: blocked in accept, it hands each new connection over
//	serve   the thread of a connection, or of the pool: reads, has the handler work, sends, in a loop (server.Clerk)
//	Queue   where the pool's acceptor leaves connections, and its threads take them; bounded, and locked
//	start   makes the pool's threads, before the first client can come
//	finish  tells everybody to stop: who waits at the queue, and who waits for a client
//	drain   ends the service: no new client, an answer to every request that has come
//
// The threads are real ones. A goroutine that locks its thread has it for itself, and if it ends without unlocking, the
// thread ends too. The system calls are made directly, and may block; the scheduler is told, so that other goroutines go
// on meanwhile. Where the runtime makes a thread it lets a helper do so, not the acceptor, and it may make it a moment
// ahead; so from outside, the thread of a connection is not always younger than the connection. Exactly one is used up
// per connection all the same.
//
// A thread that is blocked in a call cannot look at a flag. So it is told to stop through its socket: a shutdown of the
// receiving side makes recv return what has come, and then the end, as if the client had ended (server.Roster).
//
// # Where they shine
//
// The code of a connection is straight: read, work, send, as if there were no other client. A handler may block, in a
// file, a lock, a sleep, and nobody else notices. All cores are used, without a thought. With few clients, the latency
// is the least there is, since the kernel wakes the very thread that has the work to do.
//
// # Where they break
//
// A thread per connection costs memory per client (its kernel stack of 16 KiB, its own stack, and two buffers, of which
// only the pages count that were used), a creation per client, and a switch per request. The number of threads is bounded
// by the user's limit (RLIMIT_NPROC), by the system's, and by the control group's. This server takes half of the first
// at most, or --workers; beyond that, clients wait in the listener's queue until a thread ends. It must not try and see:
// the Go runtime ends the process when the kernel refuses it a thread.
//
// A pool costs nothing per client, and starves instead: 16 clients that connect and say nothing, and nobody else is
// served until one leaves. Those who come later wait, first in the queue, then in the kernel's, and are served in the
// end, if there is an end.
//
// When descriptors run out, both try again ten times a second, and serve whom they have.
//
// # Claims that show it
//
// process.blocking-base (of the calls), thread.many-in-a-process, thread.shared-and-private, thread.switch-light,
// thread.per-connection, thread.churn-costs, pool.created-ahead, pool.takes-from-queue, pool.queue-locked,
// thread.ten-thousand-too-many.
package threadpool
