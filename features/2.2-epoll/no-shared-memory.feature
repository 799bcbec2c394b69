Feature: How the events reach the program
  @epoll.no-shared-memory @holds @section-2.2 @epoll
  Rule: epoll_wait copies the events out; program and kernel share no ready list
    One reads now and then that epoll is fast because the ready list is in memory that kernel and program share. It is
    not. `ep_send_events` puts each event into the caller's buffer with `__put_user` (`epoll_put_uevent`, fs/eventpoll.c),
    and an epoll file has no `mmap` at all. (io_uring is the interface that shares rings.)

    A copy shows where it fails: into a buffer that cannot be written, epoll_wait answers EFAULT, and the event, not
    delivered, goes back to the ready list. Nothing is lost: the next wait with a sound buffer returns it, also when the
    registration is edge-triggered and would not be reported twice.

    @kernel
    Scenario: a buffer that cannot be written
      Given an epoll instance with 1 event to report, registered with EPOLLET
      When epoll_wait is given a buffer that can be read but not written
      Then epoll_wait fails with EFAULT
      And the next wait with a sound buffer reports the event, and the one after it does not

    @kernel
    Scenario: half a buffer
      Given an epoll instance with 4 events to report, registered with EPOLLET
      When epoll_wait is given room for 4 events of which the last 2 lie on a page that cannot be written
      Then epoll_wait returns the 2 it could copy, and the next wait the other 2

    @kernel
    Scenario: the instance itself cannot be mapped
      Given an epoll instance with 1 event to report, registered with EPOLLET
      Then mapping its descriptor fails with ENODEV
