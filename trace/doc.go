// Package trace is the recording: what was observed of a server under test while its clients used it.
//
// A recording is a sequence of records: tasks that are born and end, sockets, system calls, and what the tester's own
// clients did. It does not know who observed it: ptrace today, sampling of /proc and an eBPF ring later, fill the same
// records. The package makes no system call and runs on every platform.
//
//	record.go    the records, field by field
//	family.go    which system calls do one job
//	check.go     which records are refused
//	recording.go a recording in memory, built record by record
//	queries.go   connections, wait sets, waits: what the predicates ask
//	index.go     how the answers are found, once per recording
//	files.go     who holds which descriptor, replayed
//	watched.go   what an epoll instance watches, replayed
//	text.go      a call in words, as witnesses and time lines show it
//	writer.go    the file format, written (JSON lines)
//	reader.go    the file format, read
//
// Package trace/show draws a recording in the terminal; package trace/tracetest writes recordings by hand, for tests.
package trace
