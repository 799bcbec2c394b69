Feature: One report, then silence
  `EPOLLONESHOT` (since Linux 2.6.2) is the third trigger. It is what several threads on one instance need: who gets the
  report owns the connection until it says otherwise.

  @epoll.oneshot-rearms-by-mod @holds @section-beyond @epoll @oneshot
  Rule: a one-shot registration falls silent after its report and is rearmed by EPOLL_CTL_MOD
    After the report `ep_send_events` leaves only the private bits of the mask, so that nothing matches any more, not
    even a hang-up or an error. The registration is not gone: adding again says `EEXIST`. `EPOLL_CTL_MOD` sets a new mask
    and polls the file at once, so nothing that arrived in between is lost.

    @kernel
    Scenario: after one report there is none, neither of old bytes nor of new ones nor of the end
      Given a connected pair of sockets whose one end is watched for EPOLLIN|EPOLLRDHUP|EPOLLONESHOT by an epoll instance
      When the other end sends 3 bytes
      Then the first wait reports the watched end and the next 3 do not
      When the other end sends 1 byte
      Then none of 3 waits reports the watched end
      When the other end shuts down its sending side
      Then none of 3 waits reports the watched end

    @kernel
    Scenario: EPOLL_CTL_MOD rearms it, and what arrived meanwhile is reported
      Given a connected pair of sockets whose one end is watched for EPOLLIN|EPOLLONESHOT by an epoll instance
      When the other end sends 3 bytes
      Then the first wait reports the watched end and the next 3 do not
      When the registration is changed to EPOLLIN|EPOLLONESHOT
      Then the first wait reports the watched end and the next 3 do not

    @kernel
    Scenario: silent, it is still registered: it cannot be added again
      Given a connected pair of sockets whose one end is watched for EPOLLIN|EPOLLONESHOT by an epoll instance
      When the other end sends 3 bytes
      Then the first wait reports the watched end and the next 3 do not
      And EPOLL_CTL_ADD of the watched end says EEXIST
