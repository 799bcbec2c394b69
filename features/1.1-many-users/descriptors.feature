Feature: A descriptor for each connection
  @c10k.socket-is-file @holds @section-1.1
  Rule: a socket is a file and takes a file descriptor
    It has an inode of type `S_IFSOCK` in a file system of its own (net/socket.c), stands in the process's table of open
    files beside all others, gets the lowest free number there, and read, write and close work on it.

    @kernel
    Scenario: a connection is in the table of open files
      Given a listening socket, and a client's connection that was accepted at it
      Then /proc/self/fd names it by the inode that fstat gives, and fstat calls it a socket

    @kernel
    Scenario: it is read, written and closed like a file, and its number is free again
      Given a listening socket, and a client's connection that was accepted at it
      When 5 bytes are written to the connection with write
      Then read on the client's socket gives these 5 bytes
      And after close the descriptor is no longer open, and the client reads the end

  @c10k.fd-limit-1024 @qualified @section-1.1
  Rule: a process may open only so many descriptors: 1024, where nobody has changed it
    The bound is `RLIMIT_NOFILE`; its soft value counts, and it bounds the *number* of a descriptor: `EMFILE` where the
    lowest free one is not below it. 1024 is the kernel's default (`INR_OPEN_CUR`, include/uapi/linux/fs.h), beside a hard
    limit of 4096, up to which a process may raise its own.

    Nobody has changed it in the kernel's own threads. But init systems raise the hard limit by far (systemd to 524 288),
    and leave the soft one at 1024 for the sake of programs that use select. And runtimes raise the soft one for
    themselves: Go since 1.19, to the hard limit or one less. (Children that a Go program starts get the old one back.) So
    a Go server never meets 1024 unless the hard limit is so low; a C server beside it, started by the same shell, does.

    @kernel
    Scenario: under a limit of 1024 there is no descriptor 1025
      Given a program whose descriptor limit is 1024
      When it opens sockets until that fails
      Then it has exactly 1024 descriptors, and one more fails with EMFILE

    @kernel
    Scenario: where nobody changed it, it is 1024
      Given the kernel's own threads, which no init system has touched
      Then their soft limit of descriptors is 1024

    @kernel
    Scenario: a Go program that is started with 1024 has more
      Given a Go program and a shell that are started with a soft limit of 1024, below the hard limit
      Then the shell has the limit 1024
      But the Go program has the hard limit or one less, and opens more than 1024 sockets

  @c10k.ulimit-raises @holds @section-1.1
  Rule: raising the limit lets a process open more
    `ulimit -n` of the shell, `LimitNOFILE=` of systemd, setrlimit(2) in the program itself: all set the same two numbers.
    The soft one may go up to the hard one without privilege; the hard one only with `CAP_SYS_RESOURCE`, and not beyond
    `fs.nr_open`.

    @kernel
    Scenario: the same program, a larger limit
      Given a program whose descriptor limit is 1024
      When it opens sockets until that fails
      And its soft limit is raised to 4096
      And it opens sockets until that fails
      Then it has exactly 4096 descriptors, and one more fails with EMFILE

    @kernel
    Scenario: the soft limit goes no further than the hard one
      Given a program whose descriptor limit is 1024
      When its hard limit is lowered to 2048
      Then raising its soft limit to 2049 fails with EINVAL, and raising it to 2048 succeeds
