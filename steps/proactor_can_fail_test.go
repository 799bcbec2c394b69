//go:build linux

package steps

func init() {
	sabotage = append(sabotage, []sabotaging{
		{"proactor.is-async", "by default", "sends \"hello\"", "sends \"hi\""},
		{"proactor.is-async", "with SQPOLL", "sends \"hello\"", "sends \"hi\""},
		{"proactor.is-async", "with DEFER_TASKRUN", "have arrived at the socket\n", "have arrived at the socket\n      And the thread enters the ring\n"},
		{"proactor.linux-aio-incomplete", "io_uring accepts", "send 16 MiB", "send 0 MiB"},
		{"proactor.linux-aio-incomplete", "sleeps until the data come", "a blocking connection", "a non-blocking connection"},
		{"proactor.linux-aio-incomplete", "brings EAGAIN", "When a thread", "When its client sends \"hello\"\n      And a thread"},
		{"proactor.linux-aio-incomplete", "tells of readiness", "a poll of", "a read of"},
		{"aio.posix-emulated", "helper thread", "reads a file with aio_read", "echoes over a socket with aio_read and aio_write"},
		{"aio.posix-files-only", "an echo", "echoes over a socket with aio_read and aio_write", "reads a file with aio_read"},
		{"aio.posix-files-only", "of 25 sockets", "25 sockets", "15 sockets"},
		{"aio.posix-files-only", "holds back a write", "writes to a socket while a read of it is under way, with aio", "echoes over a socket with aio_read and aio_write"},
		{"aio.posix-files-only", "cannot be cancelled", "cancels a read of a socket that is under way", "reads a file with aio_read"},
	}...)
}
