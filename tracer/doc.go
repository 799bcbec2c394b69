// Package tracer makes recordings: it starts a command, follows all its threads and processes by ptrace, and puts what
// their system calls did into a trace.Sink.
//
// Only the calls of the wanted families stop: a seccomp filter, installed before the command begins, lets every other
// call pass at full speed (seccomp(2), SECCOMP_RET_TRACE; ptrace(2), PTRACE_EVENT_SECCOMP). Of those that stop, calls on
// plain files, directories and devices are let go at once and not recorded: a server's sockets, pipes, eventfds, epoll
// instances, rings and the like are what a recording is about.
//
// What ptrace cannot see, the recording does not have: calls made through shared memory (a ring with SQPOLL whose
// server makes no io_uring_enter at all), 32-bit tasks on a 64-bit kernel (counted in trace.End.Lost), and who holds a
// lock that is a word in memory.
//
//	tracer.go    what a caller sees: Command, Options, Status, the errors
//	start.go     a command is started and seized before its first instruction
//	shim.go      the child's side of that
//	filter.go    which calls stop
//	loop.go      the one loop: wait for a stop, handle it, let the task go on
//	tasks.go     births, execs, ends
//	calls.go     a call enters, a call leaves
//	shapes.go    per system call: where its descriptor is, and what is read when
//	memory.go    the tracee's memory
//	files.go     descriptor tables, and what a descriptor names
//	sockets.go   what a socket is, and its addresses
//	ring.go      io_uring's submissions and completions
//	decode_*.go  bytes to values, with no system call
package tracer
