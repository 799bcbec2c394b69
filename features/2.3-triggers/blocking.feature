Feature: Draining and blocking do not go together
  Edge-triggered, one reads until there is nothing left. Only an answer that says "nothing left" can end such a loop, and
  a blocking descriptor never gives it: it waits.

  @trigger.edge-blocking-hangs @holds @section-2.3 @epoll @edge
  Rule: draining a blocking descriptor hangs the thread in read
    After the last byte the loop reads once more, finds nothing, and `tcp_recvmsg` puts the thread to sleep
    (`sk_wait_data`, seen as `wait_woken` in /proc/TID/wchan) until that one client sends again or closes. All other
    connections of the thread starve meanwhile, though their bytes have arrived and epoll has them on its ready list.
    One sees it in /proc/TID/syscall: the thread sleeps in read, on that descriptor. It is a hang that goes unnoticed in
    tests, for every client that sends again releases it.

    @kernel
    Scenario: the last read of a drain does not return, and the other client waits
      Given a thread that drains two connections edge-triggered, on blocking sockets
      When the first client sends 5 bytes
      Then the thread has read 5 bytes of the first client and sleeps in read on its socket
      When the second client sends 7 bytes
      Then epoll has the second connection to report, and the thread has not stirred from that read
      When the first client closes
      Then the thread has read 7 bytes of the second client and sleeps in read on its socket

    @kernel
    Scenario: on non-blocking sockets the same loop serves both
      Given a thread that drains two connections edge-triggered, on non-blocking sockets
      When the first client sends 5 bytes
      Then the thread has read 5 bytes of the first client and sleeps in epoll_wait
      When the second client sends 7 bytes
      Then the thread has read 7 bytes of the second client and sleeps in epoll_wait
      And each drain ended with EAGAIN
