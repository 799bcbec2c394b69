// Package tracer makes recordings: it starts a command, follows all its threads and processes by ptrace, and puts what
// their system calls did into a trace.Sink.
//
// Only the calls of the wanted families stop: a seccomp filter, installed before the command begins, lets every other
// call pass at full speed (seccomp(2), SECCOMP_RET_TRACE; ptrace(2), PTRACE_EVENT_SECCOMP). Of those that stop, calls on
// plain files, directories and devices are let go at once and not recorded, unless Options.Files asks for their reads and
// writes: a server's sockets, pipes, eventfds, epoll instances, rings and the like are what a recording is about.
//
// What ptrace cannot see, the recording does not have: calls made through shared memory (a ring with SQPOLL whose
// server makes no io_uring_enter at all), 32-bit tasks on a 64-bit kernel (counted in trace.End.Lost), and who holds a
// lock that is a word in memory.
//
// A thread's end is known when the kernel lets a tracer reap it: that of a process's first thread when the whole process
// ends, even if it left its thread before. A thread other than the first that calls execve becomes the first: its old tid
// ends with the Exec record that names it (Exec.Old), without an Exit of its own.
//
//	tracer.go     what a caller gives: Command, Options; and gets: Status, the errors
//	process.go    a command that is being recorded: signal, kill, wait
//	supported.go  does this machine let us record? tried for real
//	attach.go     a process that runs already is seized, and let go
//	start.go      a command is started and seized before its first instruction
//	shim.go       the child's side of that
//	filter.go     which calls stop
//	thread.go     the thread that makes every ptrace call and every wait
//	sigchld.go    no signal for each stop
//	loop.go       the one loop: wait for a stop, handle it, let the task go on
//	tasks.go      births, execs, ends
//	calls.go      a call enters, a call leaves
//	shapes.go     per system call: where its descriptor is, and what is read when
//	args.go       the readers that shapes are made of
//	readers.go    the readers of single calls
//	options.go    the names of options
//	memory.go     the tracee's memory
//	files.go      descriptor tables, and what a descriptor names
//	sockets.go    what a socket is, and its addresses
//	procnet.go    the same from /proc, where the socket cannot be asked
//	ring.go       io_uring's submissions and completions
//	decode.go     bytes to values, with no system call
//	numbers_*.go  what differs between the machines
package tracer
