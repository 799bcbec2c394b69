Feature: Several threads wait for one thing
  There are two ways for several threads to wait for one socket: all on one epoll instance, or each on an instance of
  its own that watches the socket. Whom does one event wake? In these scenarios every thread is seen asleep in
  epoll_wait before the event (/proc/self/task/TID/syscall), and the count is taken when each has either returned or
  sleeps again.

  @epoll.shared-level-wakes-all-waiters @holds @section-beyond @epoll @level
  Rule: on one shared instance, level-triggered, one event wakes every waiter, one after the other
    The event itself wakes one: waiters of an instance wait exclusively (`ep_poll`, fs/eventpoll.c). But that one puts
    the item back on the ready list, because it is level-triggered, and then wakes the next waiter, for the list is not
    empty (`ep_done_scan`); and so on, until somebody has read or nobody is left. So all run for the work of one. If the
    first one reads fast enough, fewer wake: in practice it is a race, and the worst case is the herd.

    @kernel
    Scenario: six threads, one arrival, nobody reads
      Given 6 threads that sleep in epoll_wait on one instance that watches a socket for EPOLLIN
      When bytes arrive at that socket
      Then 6 of the threads have been woken

  @epoll.shared-edge-wakes-one @holds @section-beyond @epoll @edge
  Rule: on one shared instance, edge-triggered, one event wakes one waiter
    The item is not put back, so the chain ends with the first. epoll(7) promises it, and it is the way to let several
    threads share one instance: each event goes to one thread. It does not say that a *connection* stays with one thread:
    the next arrival may wake another one while the first is still at work. Against that there is `EPOLLONESHOT`.

    @kernel
    Scenario: six threads, one arrival, nobody reads
      Given 6 threads that sleep in epoll_wait on one instance that watches a socket for EPOLLIN|EPOLLET
      When bytes arrive at that socket
      Then 1 of the threads has been woken

    @kernel
    Scenario: the next arrival at the same socket wakes another thread
      Given 6 threads that sleep in epoll_wait on one instance that watches a socket for EPOLLIN|EPOLLET
      When bytes arrive at that socket
      And bytes arrive at that socket
      Then 2 of the threads have been woken

    @kernel
    Scenario: with EPOLLONESHOT it does not
      Given 6 threads that sleep in epoll_wait on one instance that watches a socket for EPOLLIN|EPOLLONESHOT
      When bytes arrive at that socket
      And bytes arrive at that socket
      Then 1 of the threads has been woken

  @epoll.exclusive-wakes-one @qualified @section-beyond @epoll @accept-exclusive
  Rule: with EPOLLEXCLUSIVE, one event wakes one of the instances that watch a socket, not all
    Since Linux 4.5. Each worker has its own instance, all watch one listening socket: without the flag a new connection
    wakes them all, one accepts, the others find `EAGAIN`. With it the kernel stops at the first instance that had a
    waiter to wake (the return value of `ep_poll_callback`). What is promised is "one or more", and the flag has limits:
    an instance on which *nobody sleeps* at that moment does not count as woken, and the item is put on its ready list
    nevertheless; so busy workers still find the event in their next wait. It can only be set by `EPOLL_CTL_ADD`, and not
    beside `EPOLLONESHOT` or `EPOLLRDHUP`.

    @kernel
    Scenario: without the flag, every worker is woken
      Given 6 threads that sleep in epoll_wait, each on an instance of its own that watches one listening socket for EPOLLIN
      When a client connects to that listening socket
      Then 6 of the threads have been woken

    @kernel
    Scenario: with the flag, one is, and never all
      Given 6 threads that sleep in epoll_wait, each on an instance of its own that watches one listening socket for EPOLLIN|EPOLLEXCLUSIVE
      When a client connects to that listening socket
      Then at least one of the threads has been woken, and not all

    @kernel
    Scenario: where nobody sleeps, every instance reports it
      Given 6 instances without a waiter that watch one listening socket for EPOLLIN|EPOLLEXCLUSIVE
      When a client connects to that listening socket
      Then each of the instances reports the listening socket

    @kernel
    Scenario: it may not be changed later, nor be combined with one-shot
      Given 1 instance without a waiter that watches one listening socket for EPOLLIN|EPOLLEXCLUSIVE
      Then EPOLL_CTL_MOD of that registration to EPOLLIN says EINVAL
      And EPOLL_CTL_ADD of another socket for EPOLLIN|EPOLLEXCLUSIVE|EPOLLONESHOT says EINVAL
      And EPOLL_CTL_ADD of another socket for EPOLLIN|EPOLLEXCLUSIVE|EPOLLRDHUP says EINVAL
