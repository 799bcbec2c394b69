// Package selectpoll holds the two oldest event-driven servers: one thread that asks the kernel, with select or with
// poll, which of its many connections are ready, and then serves those, one after the other.
//
// # Who does what
//
//	run         the event loop: wait, dispatch, again
//	wait        the demultiplexer: the whole set goes in, the kernel scans it, the whole set comes out
//	dispatch    the dispatcher: scans the set a second time, to find out which descriptors are ready
//	acceptReady the acceptor: takes new clients off the listener's queue and makes a handler for each
//	readReady   reads a request, has the handler work on it, sends the reply
//	writeReady  goes on sending to a client that was slow to take its reply
//	settle      makes a connection wait for what it now wants: to be read, or to be written
//
// All of it happens in one thread. There is no lock, because there is nobody to lock out, and no request is begun before
// the last one was handled. The price: while a handler works, everybody waits.
//
// The two servers are the same, function by function, except for what they keep. select keeps two bitmaps, one bit per
// descriptor, and copies them for each call, because the kernel overwrites what it is given. poll keeps an array of
// descriptors with the events that each is watched for; the kernel writes its answer into a field beside the question,
// so the array is used again as it is. Both are level-triggered: what was not read is reported again. So one read per
// report is enough, whatever the buffer's size. And both must ask for writability only while something is unsent, or
// every call would return at once.
//
// # Where they shine
//
// With a few dozen connections, mostly active, they cost no more than epoll, they need no call to change what is
// watched, and they run on every system that has sockets.
//
// # Where they break
//
// Every call costs time for every connection, active or not: 150 nanoseconds or so each, mostly in the kernel. With
// ten thousand idle connections a request costs ten times what it costs with epoll. The servers count their own share
// of it and log it when they stop. And select ends at descriptor 1023: a connection beyond it is refused, clearly and
// without harm to the others. The limit is the C library's type; the kernel would take longer sets.
//
// # Claims that show it
//
// mux.time-sharing, mux.one-at-a-time, mux.many-events-one-call, mux.kernel-reports-ready; select.whole-set-in,
// select.set-overwritten, select.two-scans, select.two-copies, select.caps-1024, select.level-only; poll.array,
// poll.copies, poll.linear; single.three-objects, single.acceptor-and-handler, single.slow-handler-stalls.
package selectpoll
