Feature: The other end goes away
  Three bits tell of it, and they differ in who is told: one must be asked for, two cannot be declined.

  @epoll.rdhup @holds @section-beyond @epoll
  Rule: EPOLLRDHUP tells that the other end has finished sending, to those who asked for it
    Since Linux 2.6.17. Without it a half-closed connection looks like one with data: `EPOLLIN`, and only the read that
    returns 0 tells. With it the program knows before it reads; edge-triggered this saves the read that would find the
    end (tcp_poll, net/ipv4/tcp.c, sets both bits from `RCV_SHUTDOWN`). It does not mean that nothing is left to read:
    bytes that came before the end are still there.

    @kernel
    Scenario: asked for, it is reported with EPOLLIN
      Given a connected pair of sockets whose one end is watched for EPOLLIN|EPOLLRDHUP by an epoll instance
      When the other end shuts down its sending side
      Then a wait reports EPOLLIN|EPOLLRDHUP

    @kernel
    Scenario: not asked for, the end looks like data
      Given a connected pair of sockets whose one end is watched for EPOLLIN by an epoll instance
      When the other end shuts down its sending side
      Then a wait reports EPOLLIN
      And a read finds the end

    @kernel
    Scenario: bytes may still lie before the end
      Given a connected pair of sockets whose one end is watched for EPOLLIN|EPOLLRDHUP by an epoll instance
      When the other end sends 3 bytes
      And the other end shuts down its sending side
      Then a wait reports EPOLLIN|EPOLLRDHUP
      When the rest of them is read
      Then a wait reports EPOLLIN|EPOLLRDHUP
      And a read finds the end

  @epoll.err-and-hup-always-reported @holds @section-beyond @epoll
  Rule: EPOLLERR and EPOLLHUP are reported whether asked for or not
    `epoll_ctl` adds both bits to every mask that it is given (`do_epoll_ctl`, fs/eventpoll.c), and
    /proc/PID/fdinfo shows them. So a registration for no event at all, the tempting way to put a connection aside, is
    none: when its client resets it, a level-triggered instance reports it in every wait, and a loop that does not expect
    it spins. To put a connection aside, delete the registration or let it be one-shot. `EPOLLHUP` on TCP means that both
    directions are shut, not only one.

    @kernel
    Scenario: a reset is reported again and again to a registration for nothing
      Given a connected pair of sockets whose one end is watched for nothing by an epoll instance
      When the other end resets the connection
      Then a wait reports EPOLLERR|EPOLLHUP
      And 5 waits in a row report the watched end, though nothing is read

    @kernel
    Scenario: both directions shut are EPOLLHUP, one is not
      Given a connected pair of sockets whose one end is watched for nothing by an epoll instance
      When the other end shuts down its sending side
      Then none of 3 waits reports the watched end
      When the watched end shuts down its sending side, too
      Then a wait reports EPOLLHUP

    @kernel
    Scenario: a one-shot registration that has reported is deaf to both
      Given a connected pair of sockets whose one end is watched for EPOLLIN|EPOLLONESHOT by an epoll instance
      When the other end sends 3 bytes
      Then the first wait reports the watched end and the next 2 do not
      When the other end resets the connection
      Then none of 3 waits reports the watched end
