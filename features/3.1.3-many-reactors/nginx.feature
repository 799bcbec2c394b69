Feature: Workers that accept for themselves
  nginx has many reactors, each in a process of its own, and no main reactor: what its master sets up, the workers use.
  So nothing is handed over. What is left to settle is which of the workers that could accept a client does.

  @nginx.master @holds @section-3.1.3 @multi-reactor-processes @accept-lock @accept-exclusive @accept-sharded
  Rule: the master sets up the listening socket, and never accepts
    It binds, which may need privileges that the workers do not have, starts the workers and watches over them. They have
    the socket because they descend from it.

    @server
    Scenario: the process that listens accepts nobody, and its children do
      Then the process that set up the listener never accepts, and processes that descend from it do

  @nginx.workers-accept @holds @section-3.1.3 @multi-reactor-processes @accept-lock @accept-exclusive @accept-sharded
  Rule: the workers' own reactors accept
    The thread that waits for a worker's connections waits for the listener, too. How many each one accepts says more
    about the moment than about the server: under light load one may have nearly all, which no check should hold
    against it.

    @server
    Scenario: in several processes the thread that waits for connections also accepts them
      Then in several processes, who waits for connections waits for the listener too, and accepts

  @nginx.sticks @holds @section-3.1.3 @multi-reactor-processes @accept-lock @accept-exclusive @accept-sharded
  Rule: a connection stays with the worker that accepted it
    @server
    Scenario: no connection is touched by two processes
      Then each connection is served by the process that accepted it, and never travels

  @nginx.accept-lock @outdated @section-3.1.3 @accept-lock
  Rule: a lock lets one worker at a time wait for the listener, so that a new client does not wake them all
    It was so by default until nginx 1.11.3 (July 2016). Since then the lock is off, because Linux 4.5 can wake one worker
    without it (EPOLLEXCLUSIVE), or give each its own listener (SO_REUSEPORT, Linux 3.9): see the two Rules below. Where
    the lock is switched on, it still does what is said of it.

    The lock is a word in shared memory, and taking it is no system call. What shows is the listener, which moves between
    the workers' sets. A worker may let go of the lock and only later take the listener out of its set; but it waits and
    accepts only with the lock. Nobody tells the others when the lock is free, so they wait for a limited time: a new
    client may wait as long.

    @server
    Scenario: where the lock is used, no two workers wait for the listener at once
      Then the listener moves between the workers, and who is without it waits for a limited time

    @kernel
    Scenario: the herd against which it was made
      Given 6 threads that sleep in epoll_wait, each on an instance of its own that watches one listening socket for EPOLLIN
      When a client connects to that listening socket
      Then 6 of the threads have been woken

    @kernel
    Scenario: since Linux 4.5 no lock is needed against it
      Given 6 threads that sleep in epoll_wait, each on an instance of its own that watches one listening socket for EPOLLIN|EPOLLEXCLUSIVE
      When a client connects to that listening socket
      Then at least one of the threads has been woken, and not all

  @nginx.accept-lock-exclusive @holds @section-3.1.3 @accept-exclusive
  Rule: with EPOLLEXCLUSIVE all workers wait for the listener, without a lock
    The kernel wakes a worker that sleeps, mostly the one that came last to wait. A wake-up in vain is still possible: a
    worker that was busy finds the listener in its next report, though another has been quicker.

    @server
    Scenario: each worker has the one listener in its set, with EPOLLEXCLUSIVE
      Then each worker waits for the same listener with EPOLLEXCLUSIVE

  @nginx.accept-lock-sharded @holds @section-3.1.3 @accept-sharded
  Rule: with SO_REUSEPORT each worker waits for a listener of its own, and there is nothing to lock
    The kernel distributes clients by a hash of their addresses: evenly, but without regard to who is busy, so that the
    clients of a worker that is stuck wait with it.

    @server
    Scenario: no two workers wait for the same listener
      Then each worker waits for a listener of its own
