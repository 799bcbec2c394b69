Feature: Asynchronous I/O on Linux
  Linux has three interfaces of that name. POSIX aio is a library's, made of threads. The kernel's own AIO (io_submit) is
  for files that are opened with O_DIRECT. io_uring is for everything.

  @proactor.linux-aio-incomplete @outdated @section-3.2
  Rule: asynchronous I/O on Linux is incomplete, and does not do for sockets
    It was so until Linux 5.1 (May 2019), which brought io_uring; accept, receive and send came with 5.5 and 5.6. What
    there was before is as it was: `io_submit` of a read takes a blocking socket to the same `tcp_recvmsg` as read(2) does,
    and sleeps there, in the call that was to submit; from a non-blocking one it gets EAGAIN. Since 4.18 it has a poll,
    but that tells of readiness and moves no data: one is back at a Reactor.

    @kernel
    Scenario: io_uring accepts, receives and sends, and nobody waits in a call
      Given a thread with a ring of the default kind, and a listening socket
      When it starts to accept
      Then nothing has completed
      When a client connects
      Then the accept has completed with a connection, with no further call on the ring
      When it starts to receive from the connection
      Then nothing has completed, and the buffer is as it was
      When the client sends "hello"
      Then a completion of 5 bytes is there, with no further call on the ring
      And the buffer holds "hello"
      When it starts to send 16 MiB to the client, who reads nothing
      Then nothing has completed
      When the client reads 16 MiB
      Then a completion of 16 MiB is there, with no further call on the ring

    @kernel
    Scenario: io_submit of a read sleeps until the data come
      Given a context of the kernel's AIO, and a blocking connection
      When a thread submits a read of the connection with io_submit
      Then the thread sleeps in io_submit
      When its client sends "hello"
      Then io_submit has returned, and the event says that 5 bytes were read

    @kernel
    Scenario: from a non-blocking socket it brings EAGAIN
      Given a context of the kernel's AIO, and a non-blocking connection
      When a thread submits a read of the connection with io_submit
      Then io_submit has returned, and the event says EAGAIN

    @kernel
    Scenario: its poll tells of readiness, and moves nothing
      Given a context of the kernel's AIO, and a non-blocking connection
      When a thread submits a poll of the connection with io_submit
      Then io_submit has returned, and no event is there
      When its client sends "hello"
      Then io_submit has returned, and the event is not that bytes were read, but that there is input
      And 5 bytes are still in the socket

  @aio.posix-emulated @holds @section-3.2
  Rule: POSIX aio is emulated in user space
    glibc makes a thread, which makes the blocking call; the kernel's AIO has no part in it. See aio(7), and
    `handle_fildes_io` in glibc's sysdeps/pthread/aio_misc.c.

    @kernel
    Scenario: a read of a file is a call of pread64 by a helper thread
      Given a program that reads a file with aio_read, recorded
      Then a thread that it did not make itself reads the file, with pread64
      And no call of the kernel's AIO, and none of io_uring, is in the recording

  @aio.posix-files-only @refuted @section-3.2
  Rule: POSIX aio is for local files only, and does not support sockets
    It does, as it happens: a socket refuses `pread64`, which has an offset, with ESPIPE, and then the helper calls
    `read`. So an echo works. It is of no use all the same, since an operation under way is a thread that is blocked.
    There are 20 threads by default, for the whole process (`aio_init` sets another number), so 20 silent clients make
    all others wait. The requests of one descriptor are done one after another, so that a server which always has a read
    under way can never write. What has begun cannot be cancelled. And there is no accept.

    @kernel
    Scenario: an echo over a socket works
      Given a program that echoes over a socket with aio_read and aio_write, recorded
      Then the client has its bytes back
      And a helper thread was told ESPIPE by pread64 and pwrite64, and then called read and write

    @kernel
    Scenario: of 25 sockets 20 are read, and one that has data waits for another to end
      Given a program that reads 25 sockets at once with aio_read, of which the last has data, recorded
      Then 20 helper threads are blocked in read
      And the last is read only when another read has ended

    @kernel
    Scenario: a read under way holds back a write to the same socket
      Given a program that writes to a socket while a read of it is under way, with aio, recorded
      Then the write waits until the read has ended, and its thread makes both

    @kernel
    Scenario: a read under way cannot be cancelled
      Given a program that cancels a read of a socket that is under way, recorded
      Then the read is not cancelled, and completes with 3 bytes
