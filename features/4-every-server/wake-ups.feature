Feature: Who is woken by a new client
  Several threads or processes may wait for one listener. A new client is one piece of work: who else is woken for it finds
  nothing, and goes back to sleep.

  @server.one-wake-up-per-connection @holds @section-beyond @every-server
  Rule: one new client wakes one acceptor
    Where all are woken, most of them in vain, one speaks of a thundering herd: with a hundred workers a client costs a
    hundred switches. The kernel wakes one of several that are blocked in `accept` (they queue as exclusive waiters,
    `prepare_to_wait_exclusive` in `inet_csk_wait_for_connect`, since Linux 2.3), so a pool of processes keeps this without
    any care. It wakes all of several that wait by `select`, `poll` or `epoll`, each of whom registers in a way that is not
    exclusive; unless they ask for EPOLLEXCLUSIVE (since 4.5), have a listener each (SO_REUSEPORT, since 3.9), take turns
    under a lock, or leave accepting to one of them.

    While workers are awake the kernel may tell two of one client with EPOLLEXCLUSIVE as well: who is not in the call cannot
    be counted upon. So this is judged by clients that come one by one, each when all threads of the server are seen asleep
    in the kernel's tables. Whoever wakes then was woken by that client. Of a herd some may come too late: these are sent
    back to sleep inside `epoll_wait`, and cost their switch unseen. So those count as well who sleep in a wait for the
    listener that is not exclusive: the kernel wakes all of these (see epoll.shared-level-wakes-all-waiters).

    @server
    Scenario: clients come one by one, each while the server sleeps
      Then each new client wakes one acceptor
