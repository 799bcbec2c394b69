// Package epoll holds the single reactor on epoll, twice: level-triggered and edge-triggered. One thread waits for
// events and serves them, one after the other, as in package selectpoll; but the set of what is watched lives in the
// kernel, and a wait brings only those that are ready.
//
// # Who does what
//
//	run         the event loop: wait, dispatch, again
//	wait        the demultiplexer: epoll_wait copies events out of the kernel's ready list
//	dispatch    the dispatcher: each event names its descriptor, nothing is searched for
//	acceptReady the acceptor: takes new clients off the listener's queue and makes a handler for each
//	readReady   reads a request, has the handler work on it, sends the reply
//	writeReady  goes on sending to a client that was slow to take its reply
//	settle      makes a connection wait for what it now wants: to be read, or to be written
//
// The two servers are the same, function by function, except for what the trigger asks of them.
//
// Level-triggered, a wait reports what is ready, as long as it is. The server reads once per report and leaves the rest
// to the next. While replies are unsent it changes the registration from EPOLLIN to EPOLLOUT, and back afterwards: two
// calls, and only for clients that are slow.
//
// Edge-triggered, a wait reports what has changed, once. A connection is registered once, for everything, and never
// touched again: no call at all for slow clients. In return the server must drain what was reported: read until less
// came than it asked for (or EAGAIN), write until less went than it gave. Where it stops earlier, for the sake of the
// others, it must remember whom it owes a turn (again), since the kernel will not remind it. And when the client's end
// was reported along with its last words (EPOLLRDHUP), reading must go on until the end itself has been read. All this
// needs non-blocking sockets: on a blocking one, the read that finds nothing would stop the whole server.
//
// # Where they shine
//
// The cost of a wait does not depend on how many connections are idle: ten thousand of them cost what ten cost. One
// thread serves some hundred thousand small requests a second.
//
// # Where they break
//
// One thread is one core, and while a handler works, everybody waits. The descriptors that a process may have bound
// them (ulimit -n); when they run out, the servers stop accepting until one is free, and go on serving whom they have.
// Regular files are always ready, to epoll's mind, so work that reads files blocks the reactor all the same.
//
// # Claims that show it
//
// mux.time-sharing, mux.one-at-a-time, mux.many-events-one-call, mux.kernel-reports-ready; epoll.create-ctl-wait,
// epoll.interest-kept-in-kernel, epoll.ready-list, epoll.no-scan, epoll.scales, epoll.c10k; trigger.level-may-read-once,
// trigger.edge-must-drain, trigger.edge-nonblocking, trigger.edge-fewer-waits; single.three-objects,
// single.acceptor-and-handler, single.one-core, single.slow-handler-stalls.
package epoll
