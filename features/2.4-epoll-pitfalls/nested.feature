Feature: An instance within an instance
  An epoll instance is a file, and has a poll operation: it can be read, in the sense of select, poll and epoll, while
  it has something to report. So a whole event loop can be one descriptor in another one.

  @epoll.nested-instances @holds @section-beyond @epoll
  Rule: an epoll instance can be watched by another one, and by select and poll
    The outer instance reports the inner one, not the socket; who is told asks the inner one (`ep_eventpoll_poll`,
    fs/eventpoll.c). Libraries use it to put their own loop into that of their host. The kernel looks for cycles and for
    depth when an instance is added, because an event is passed on from callback to callback: an instance within itself
    says `EINVAL`, a cycle or too deep a nest `ELOOP` (`ep_loop_check`; since Linux 2.6.38). `EPOLLEXCLUSIVE` is not to be had
    for an instance.

    @kernel
    Scenario: the outer instance reports the inner, the inner reports the socket
      Given an inner instance that watches a socket for EPOLLIN, and an outer one that watches the inner for EPOLLIN
      Then the outer instance reports nothing
      When bytes arrive at the innermost socket
      Then the outer instance reports the inner, and the inner reports the socket
      And select and poll report both instances
      When the innermost socket is drained
      Then the outer instance reports nothing

    @kernel
    Scenario: cycles are refused
      Given an inner instance that watches a socket for EPOLLIN, and an outer one that watches the inner for EPOLLIN
      Then to have the inner watch the outer says ELOOP, and to have it watch itself EINVAL
      And to have the outer watch a third instance for EPOLLIN|EPOLLEXCLUSIVE says EINVAL

    @kernel
    Scenario: nesting has a limit
      When instances are nested one in another, until epoll_ctl refuses
      Then the refusal is ELOOP, and 5 instances had been nested
