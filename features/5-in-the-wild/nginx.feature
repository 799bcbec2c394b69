Feature: nginx
  A web server and proxy: a master that makes worker processes, each with a reactor of its own.

  @nginx.master-observed @holds @section-3.1.3 @multi-reactor-processes
  Rule: nginx itself: its master sets up the sockets and never accepts
    The master process reads the configuration, binds and listens, makes the workers, and from then on waits for signals
    (`ngx_master_process_cycle` in ngx_process_cycle.c). So that a new configuration can be read, and a worker replaced,
    without a client noticing.

    @wild
    Scenario Outline: however the workers share the listener
      Given <nginx>, as Debian packages it
      When the exercise drives it
      Then its master makes the workers and never accepts

      Examples:
        | nginx                                     |
        | nginx with 4 workers and accept_mutex on  |
        | nginx with 4 workers and accept_mutex off |
        | nginx with 4 workers and reuseport        |
        | nginx with 1 worker                       |

  @nginx.workers-accept-observed @holds @section-3.1.3 @multi-reactor-processes
  Rule: nginx itself: the reactors of its workers accept
    Each worker has the listener in its own epoll instance, or takes its turn to have it there, and accepts for itself
    (`ngx_event_accept` in ngx_event_accept.c).

    @wild
    Scenario: one worker is a single reactor
      Given nginx with 1 worker, as Debian packages it
      When the exercise drives it
      Then by what it does it is: single-reactor, epoll, edge

    @wild
    Scenario Outline: two workers or four
      Given <nginx>, as Debian packages it
      When the exercise drives it
      Then in several of its processes the one that waits for clients accepts

      Examples:
        | nginx                                     |
        | nginx with 2 workers and accept_mutex off |
        | nginx with 4 workers and accept_mutex off |
        | nginx with 4 workers and reuseport        |

  @nginx.sticks-observed @holds @section-3.1.3 @multi-reactor-processes
  Rule: nginx itself: a connection stays with the worker that accepted it
    No connection travels; nothing is handed over. What a worker has accepted, it serves to the end.

    @wild
    Scenario Outline: two workers or four
      Given <nginx>, as Debian packages it
      When the exercise drives it
      Then each connection stays with the worker that accepted it

      Examples:
        | nginx                                     |
        | nginx with 2 workers and accept_mutex off |
        | nginx with 4 workers and reuseport        |

  @nginx.accept-lock-observed @outdated @section-3.1.3 @multi-reactor-processes @accept-lock @accept-exclusive @accept-sharded
  Rule: nginx itself: a lock lets one worker at a time accept
    So it was by default until 1.11.3 (2016), and so it is today with `accept_mutex on`. No call takes that lock: it is a
    word in memory that the workers share, and what shows is its effect. The listener moves between the workers' epoll
    instances, and who failed to get the lock comes back after half a second (`accept_mutex_delay`). One worker may win
    it again and again while there is little to do.

    The default since then is to have the kernel wake one: every worker adds the listener with EPOLLEXCLUSIVE (Linux 4.5),
    or, with `reuseport`, has a listener of its own (Linux 3.9).

    @wild
    Scenario: with accept_mutex on, the workers take turns at the listener
      Given nginx with 4 workers and accept_mutex on, as Debian packages it
      When the exercise drives it
      Then its workers take turns at the listener, one at a time

    @wild
    Scenario: by default they all wait for it, and the kernel wakes one
      Given nginx with 4 workers and accept_mutex off, as Debian packages it
      When the exercise drives it
      Then its workers all wait for the listener, exclusively
      And judged as accept-lock it fails

    @wild
    Scenario: with reuseport each has a listener of its own
      Given nginx with 4 workers and reuseport, as Debian packages it
      When the exercise drives it
      Then each of its workers waits for a listener of its own
      And judged as accept-lock it fails
