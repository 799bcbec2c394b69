// Package proc reads what the kernel tells about processes in /proc: see proc(5) and the files it names.
//
// Each file of /proc has a pure parser, which takes bytes and never touches the machine, and a reader on top of it. A
// process or thread may end between two reads: readers then give an error for which Gone is true, and readers of many
// (All, Threads, Links) leave such a one out.
//
//	process.go  /proc/PID/stat, and the tree that it makes
//	thread.go   /proc/PID/task: what each thread is doing
//	pulse.go    /proc/PID/task/TID/status: who has slept, how many times
//	syscall.go  /proc/PID/task/TID/syscall: the call in which a thread waits
//	tcp.go      /proc/PID/net/tcp and tcp6: sockets with their ends, queues and inodes
//	diag.go     the same sockets, picked by the kernel (sock_diag)
//	fd.go       /proc/PID/fd and fdinfo: what descriptors name, what an epoll instance watches
//	signal.go   a signal to exactly the process that was read, not to a later one with its number
package proc
