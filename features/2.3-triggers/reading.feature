Feature: How much to read after a report
  The trigger decides what a report obliges to. Level-triggered it obliges to nothing: what is left is reported again.
  Edge-triggered it is the only one, and what is left is the program's to remember.

  @trigger.level-may-read-once @holds @section-2.3 @select @poll @epoll @level
  Rule: level-triggered, there is no need to read until nothing is left
    A server may read once per report, with a buffer of any size, and loses nothing. That is why select, poll and
    level-triggered epoll are forgiving, and why a fair server can give each connection the same small turn.

    Seen from outside it is a read that filled its buffer, followed by a wait that names the connection again.

    @kernel
    Scenario: ten bytes, read four at a time and once per report, all come
      Given a connected pair of sockets whose one end is watched for EPOLLIN by an epoll instance
      When the other end sends 10 bytes
      And each report is followed by one read of at most 4 bytes, until no wait reports anything
      Then there were 3 reports, 10 bytes were read and 0 are left

    @server
    Scenario: what one read leaves is reported by the next wait, and every client is answered
      Then what the server's reads left behind was reported again, and nothing was lost

  @trigger.edge-must-drain @qualified @section-2.3 @epoll @edge
  Rule: edge-triggered, each report obliges to read and write as much as can be
    What was left unread is not reported; the connection stalls if its client waits for an answer to it. The mistake
    hides well, for the next request of the same client brings a new report, and then the old bytes are read at last,
    one request late.

    Two things are to be said of the usual form of the rule, "read until `EAGAIN`". On a *stream* it is enough to read
    until a read brings less than was asked for: then the queue was empty (epoll(7) says so too); so real servers that
    are edge-triggered may show no `EAGAIN` at all. On datagrams and accept only `EAGAIN` tells. And a fair server may
    put the rest off, as long as it comes back by itself.

    The same holds for writing. `EPOLLOUT` is reported again only after a write found no room: `tcp_poll` and
    `tcp_sendmsg` then set `SOCK_NOSPACE`, without which `sk_stream_write_space` wakes nobody (net/core/stream.c). Who
    stops writing while there is room will not be told that there is room.

    @kernel
    Scenario: read once per report, the rest is never reported: the connection stalls
      Given a connected pair of sockets whose one end is watched for EPOLLIN|EPOLLET by an epoll instance
      When the other end sends 10 bytes
      And each report is followed by one read of at most 4 bytes, until no wait reports anything
      Then there was 1 report, 4 bytes were read and 6 are left

    @kernel
    Scenario: the next request ends the stall, which is why the mistake hides
      Given a connected pair of sockets whose one end is watched for EPOLLIN|EPOLLET by an epoll instance
      When the other end sends 10 bytes
      And each report is followed by one read of at most 4 bytes, until no wait reports anything
      And the other end sends 1 byte
      And each report is followed by one read of at most 4 bytes, until no wait reports anything
      Then there were 2 reports, 8 bytes were read and 3 are left

    @kernel
    Scenario: on a stream a short read is enough, no EAGAIN is needed
      Given a connected pair of sockets whose one end is watched for EPOLLIN|EPOLLET by an epoll instance
      When the other end sends 10 bytes
      And each report is followed by reads of at most 8 bytes until one is short, until no wait reports anything
      And the other end sends 10 bytes
      And each report is followed by reads of at most 8 bytes until one is short, until no wait reports anything
      Then there were 2 reports, 20 bytes were read and 0 are left

    @kernel
    Scenario: who writes until EAGAIN is told when there is room again
      Given a connected pair of sockets whose one end is watched for EPOLLOUT|EPOLLET by an epoll instance
      When the watched end has reported that it can be written, and is written to until EAGAIN
      And the other end reads all of it
      Then a wait reports within patience that the watched end can be written

    @kernel
    Scenario: who stops writing before EAGAIN is told nothing more
      Given a connected pair of sockets whose one end is watched for EPOLLOUT|EPOLLET by an epoll instance
      When the watched end has reported that it can be written, and 1000 bytes are written to it
      And the other end reads all of it
      Then none of 3 waits reports the watched end

    @server
    Scenario: no connection is left undrained
      Then the server drained each connection that was reported

  @trigger.edge-nonblocking @holds @section-2.3 @epoll @edge
  Rule: so edge-triggered goes with non-blocking sockets, which say EAGAIN when nothing is left
    `O_NONBLOCK` belongs to the open file description, and accept does not hand it down: a server sets it on each
    connection, with `SOCK_NONBLOCK` of accept4, fcntl or ioctl(FIONBIO). For a single call `MSG_DONTWAIT` does the same.
    POSIX lets `EAGAIN` and `EWOULDBLOCK` differ; on Linux they are one number (asm-generic/errno.h), so testing for
    either is enough there.

    @kernel
    Scenario: a drained non-blocking socket says EAGAIN, which is EWOULDBLOCK
      Given a connected pair of sockets whose one end is watched for EPOLLIN|EPOLLET by an epoll instance
      When the other end sends 3 bytes
      And the rest of them is read
      Then one more read says EAGAIN, which has the number of EWOULDBLOCK

    @kernel
    Scenario: MSG_DONTWAIT makes one call of a blocking socket say it, too
      Given a connected pair of sockets whose one end is watched for EPOLLIN|EPOLLET by an epoll instance
      When the watched end is made blocking
      Then one more recv with MSG_DONTWAIT says EAGAIN

    @kernel
    Scenario: an accepted socket does not inherit O_NONBLOCK from the listening one
      Given a non-blocking listening socket with two clients in its accept queue
      Then the socket that accept returns is blocking, and the one that accept4 returns with SOCK_NONBLOCK is not

    @server
    Scenario: every edge-triggered connection is non-blocking
      Then the server reads its edge-triggered connections in non-blocking mode, to EAGAIN or a short read
