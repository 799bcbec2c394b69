// Package sampler looks at a server's processes in /proc, for machines where its system calls may not be recorded. It
// needs no right but to read: the more of /proc/PID may be read, the more it sees, and it says what was refused.
//
//	sampler.go  a look at the whole server, and a pulse of its threads
//	waits.go    the call in which a thread waits: by its number, else by the kernel's function
//	tables.go   descriptors, epoll instances, rings; listeners and connections
package sampler
