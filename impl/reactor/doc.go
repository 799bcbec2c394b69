// Package reactor holds the servers of the Reactor pattern: one reactor or many, with one thread, many threads or many
// processes. They share their parts, and differ in how these are put together.
//
// # Who does what
//
//	Reactor       waits until descriptors are ready (epoll, level-triggered), and dispatches each event to the
//	              EventHandler that is registered for it. It knows nothing of connections
//	Acceptor      takes new connections, and passes each on; stops while descriptors are wanting
//	Handler       reads a request, has the work done, sends the reply: for all connections of one reactor
//	Work          how the work between reading and sending is done: in place, or delegated to workers
//	SubReactor    a reactor in a thread of its own, which gets its connections through an Inbox
//	mainReactor   accepts, and passes each connection to a sub-reactor in another process, through a channel
//	foreman       one reactor whose work other processes do
//	master, crew  binds, starts worker processes, watches over them, and replaces those that die
//
// A part belongs to one thread, that of its reactor, and so has no lock; a reactor that is changed by another thread says
// so (assertOwner). What threads have in common is in two places only: Queue, from a reactor to its workers, and Inbox,
// from other threads to a reactor. Both are a list and a mutex, which is never held during a system call.
//
// # The schemes
//
// reactor/single: Reactor, Acceptor and Handler in one thread. Nothing is shared and nothing handed over; there is no
// simpler server that has many clients. It uses one core, and while one request is worked on, everybody waits: it is for
// work that is short, as in a cache.
//
// reactor/single-threads: the Handler only receives and sends; each request goes through a Queue to whichever worker
// thread is free, and comes back through an Inbox, whose eventfd wakes the reactor. The work uses all cores, and slow work
// delays nobody until as much of it is under way as there are workers. The price: data that threads share, under a mutex,
// and two changes of thread for each request, which a short one does not earn back. A connection has one request at work
// at a time, so its replies keep their order and its handler needs no lock. The one reactor remains the bottleneck.
//
// reactor/single-processes: the same with worker processes. They share no memory, so everything travels: the request, with
// a number by which the reactor finds the client again when the result comes, and where the handler stands (Portable).
// Nobody does it this way, and its code, beside that with threads, shows why. In return, a worker that crashes takes one
// client with it, and is replaced.
//
// reactor/multi-threads: the main reactor waits for the listener alone, and hands each connection over to a sub-reactor,
// which adds it to its own epoll instance and serves it for life. Nothing comes back, so there is one thing that threads
// share, the Inbox, once in the life of a connection. This is how Netty and memcached are built. Where it breaks: the
// connections are handed out in turn, so a sub-reactor may get all the busy ones, and nobody takes them from it. And
// since nothing comes back, a main reactor that has run out of descriptors is not told when one is free: it tries again
// every second.
//
// reactor/multi-processes: the same with processes. A connection travels to a worker as a descriptor (SCM_RIGHTS, unix(7)),
// and what the main reactor had of it is closed. A worker that crashes takes its clients with it, not the others.
//
// reactor/nginx-reuseport, reactor/nginx-exclusive, reactor/nginx-lock: the master binds and never accepts; the workers'
// own reactors do, and a connection stays with the worker that accepted it. So nothing travels at all. What is left to
// settle is who accepts. With a listener for each worker (SO_REUSEPORT) the kernel distributes by a hash: evenly, but
// without regard to who is busy, so that the clients of a worker that is stuck wait with it. With one listener and
// EPOLLEXCLUSIVE, the kernel wakes a worker that is waiting, mostly the one that came last to wait: under light load one
// has nearly all. With the accept lock, a word in shared memory, the holder alone has the listener in its set; it gives
// the lock up before it serves, and a worker that is ahead of another leaves the lock alone for a moment. Who does not
// get it is told by nobody when it is free, and tries again, 20 times a second: clients may wait that long.
//
// reactor/multi-single: many reactors in one thread, the inner ones being watched by an outer one, as epoll allows. The
// one thread still does everything, with one more system call for each reactor that has something. It is here because
// only what exists can be measured.
//
// # How they end
//
// The word to stop (server.Door) reaches the reactor as an event. The port is closed first; then every request that has
// come is answered (drain). Sub-reactors are told by the end of their Inbox or channel, nginx' workers by an eventfd after
// their listener was shut down. Worker processes die with the thread that has started them, should it be killed
// (PR_SET_PDEATHSIG); those that do not end in time are killed.
//
// # Claims that show it
//
// pattern.two-parts, pattern.four-combinations, pattern.many-reactors-one-worker-useless; single.three-objects,
// single.acceptor-and-handler, single.read-work-send, single.no-ipc-no-locks, single.one-core,
// single.slow-handler-stalls, single.cpu-bound-unfit; workers.same-dispatch, workers.handler-only-io,
// workers.worker-computes, workers.uses-cores, workers.shared-data-race, workers.mutex-guards,
// workers.processes-are-awkward, workers.processes-unused, workers.reactor-is-bottleneck; multi.main-only-accepts,
// multi.sub-registers, multi.sub-serves, multi.clear-division, multi.simpler; nginx.master, nginx.workers-accept,
// nginx.accept-lock, nginx.sticks.
package reactor
