Feature: Which trigger one gets without asking
  epoll offers two triggers. Which of them a registration gets is decided by one bit, `EPOLLET`.

  @trigger.epoll-default-level @holds @section-2.3 @epoll @level
  Rule: epoll is level-triggered unless a registration asks for EPOLLET
    Level-triggered is what one gets from a registration that names no trigger: epoll(7) calls the default
    *level-triggered*, and in the kernel `ep_send_events` (fs/eventpoll.c) puts an item that was reported back on the
    ready list unless its registration has `EPOLLET`.

    @kernel
    Scenario: a registration without flags is reported again while data is left
      Given a connected pair of sockets whose one end is watched for EPOLLIN by an epoll instance
      When the other end sends 3 bytes
      Then 3 waits in a row report the watched end, though nothing is read

    @kernel
    Scenario: the same registration with EPOLLET is not
      Given a connected pair of sockets whose one end is watched for EPOLLIN|EPOLLET by an epoll instance
      When the other end sends 3 bytes
      Then the first wait reports the watched end and the next 2 do not
