Feature: Readiness is a hint
  Between "there is something to read" and the read that asks for it lies time, and sometimes a check that had not been
  made yet.

  @trigger.readiness-is-a-hint @holds @section-2.3 @select @poll @epoll
  Rule: a descriptor that was reported readable may still block, so use non-blocking I/O
    The text quotes the BUGS section of select(2): data that arrived may be discarded for a wrong checksum. So it is
    still, for UDP, with two refinements of Linux that few know:

    * the checksum of a datagram that is longer than 76 bytes with its header (`CHECKSUM_BREAK`, include/linux/skbuff.h)
      is computed only when it is copied to the program; that of a shorter one on arrival, where a bad one is dropped
      unseen;
    * `udp_poll` (net/ipv4/udp.c) checks the first datagram before it answers, but only for a *blocking* descriptor. For
      a non-blocking one, select, poll and epoll all say readable, and the read says `EAGAIN`. So the trap that the man
      page describes has been closed for those who would have fallen into it, unless the descriptor becomes blocking
      after the report.

    The other trap is as open as ever and needs no bad luck: two threads or processes wait for one listening socket, one
    connection comes, both are told, one is first. The other one's accept blocks, unless the *listening* socket is
    non-blocking. The same is true of any descriptor with two readers.

    @kernel
    Scenario: a datagram with a wrong checksum is reported to a non-blocking socket, and is not there
      Given a non-blocking UDP socket in a network of its own
      When a datagram of 200 bytes with a wrong checksum has arrived
      Then select, poll and epoll report the UDP socket
      And reading from the UDP socket says EAGAIN
      And select, poll and epoll do not report the UDP socket

    @kernel
    Scenario: if the socket is made blocking after the report, the read hangs
      Given a non-blocking UDP socket in a network of its own
      When a datagram of 200 bytes with a wrong checksum has arrived
      Then select, poll and epoll report the UDP socket
      When the UDP socket is made blocking and a thread reads from it
      Then that thread sleeps in read
      When a datagram of 200 bytes with a right checksum has arrived
      Then that thread has read 200 bytes

    @kernel
    Scenario: a blocking socket is spared: the checksum is verified before anything is reported
      Given a blocking UDP socket in a network of its own
      When a datagram of 200 bytes with a wrong checksum has arrived
      Then select, poll and epoll do not report the UDP socket
      And the kernel has dropped 1 datagram for its checksum, and that socket has none

    @kernel
    Scenario: a short datagram with a wrong checksum never gets that far
      Given a non-blocking UDP socket in a network of its own
      When a datagram of 20 bytes with a wrong checksum is sent
      Then the kernel has dropped 1 datagram for its checksum, and that socket has none
      And select, poll and epoll do not report the UDP socket

    @kernel
    Scenario: a connection that another acceptor took was reported, and is not there
      Given two epoll instances that watch one listening socket
      When a client connects to it
      Then both instances report the listening socket
      When one acceptor takes the connection
      Then the other acceptor's accept says EAGAIN

    @kernel
    Scenario: on a blocking listening socket the second acceptor hangs until another client comes
      Given two epoll instances that watch one listening socket
      When a client connects to it
      Then both instances report the listening socket
      When one acceptor takes the connection
      And the listening socket is blocking and a thread of the other acceptor accepts
      Then that thread sleeps in accept
      When a client connects to it
      Then that thread has accepted a connection
