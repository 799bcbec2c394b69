// Package multiproc holds the servers that give every client a process: the oldest model, and the plainest. A process
// sleeps in the kernel, inside recv or send, until its one client has something for it. Nothing waits for several
// descriptors, and no socket is non-blocking.
//
// # Who does what
//
//	run         the parent, in fork and exec: blocked in accept, it has a child made for whoever comes
//	handOver    the parent gives the connection to the child, and closes its own copy
//	fork        makes a child that is a copy of the parent, and goes on in it (fork)
//	child       the copy puts itself in order: it keeps the connection, and drops the listener and all else
//	execute     makes a child that runs a program from its beginning, with one descriptor (exec, prefork)
//	serve       the child: reads, works, sends, in a loop, until the client ends; then it exits
//	supervisor  the parent in prefork: makes the processes ahead, replaces one that dies, and never accepts
//	reap        takes what is left of a child that has ended, else it would stay as a zombie
//	drain       ends the service: no new client, an answer to every request that has come, no child left
//
// The three differ in how a child comes to be. fork copies the parent, as the textbooks do: the child has the parent's
// memory and descriptors, and goes on at the same place. exec starts a new program with the connection as descriptor 3, as
// inetd does: a clean process, which costs a start. prefork starts its processes before there are clients; each of them
// accepts, from the one listener that all have inherited, and the kernel wakes one for each client.
//
// # The child of a fork
//
// Go programs have several threads, and a fork copies only the one that calls it. The scheduler and the garbage collector
// are gone in the child. So it makes system calls on memory that is there, and nothing else (bare.go says how that is
// held): it cannot run the handlers that the other servers run. It speaks the protocols echo and line by code of its own
// (bare_line.go), which answers byte for byte what server.Line answers, but for one thing: an unknown request that is not
// ASCII is quoted differently in the error. It needs Linux 5.9, for close_range. The children of exec and prefork are
// whole Go programs, and run the handlers.
//
// # Being told to stop
//
// The parent sends its children SIGTERM. They do not die of it: they shut down the receiving side of their connection, so
// that recv returns what has come, and then the end, as if the client had ended; so every request that has come is
// answered, and the ordinary end follows. Who has not ended within server.Grace is killed. If the parent is killed, its
// children are killed too, by the kernel (PR_SET_PDEATHSIG). That signal is tied to the thread that forked, so that thread
// must not end: it is locked.
//
// # Where they shine
//
// The code of a connection is straight, and may block. One client's crash, leak or long work is nobody else's. All cores
// are used. Each client could have its own user, limits and accounting.
//
// # Where they break
//
// A process per client costs its creation, hundreds of microseconds, more with a large parent, since page tables are
// copied; and it costs memory: page tables, a kernel stack, the pages that it writes to. A hundred clients are no matter,
// ten thousand are. A parent that does not reap fills the table of processes with zombies. A parent that keeps its copy of
// a connection hides its end from the client. A pool has neither cost, and starves instead: as many silent clients as it
// has processes, and nobody else is served.
//
// When the kernel refuses a process (RLIMIT_NPROC, the control group's pids.max) or a descriptor, the parent tries again
// ten times a second; the client that was accepted waits, those after it wait in the listener's queue, and those who have
// a process notice nothing.
//
// # Claims that show it
//
// process.blocking-base, process.per-client, process.parent-accepts, process.fork-copies, process.fork-return-value,
// process.child-inherits-connection, process.child-drops-listener, process.parent-drops-connection,
// process.exit-leaves-remains, process.zombies-exhaust-resources, process.wait-reaps, process.zombies-are-reaped,
// process.hundred-clients, process.ten-thousand-too-many, process.costs-resources, process.switch-heavy.
package multiproc
