Feature: One reactor and many workers
  The reactor keeps the waiting, the accepting and the I/O. What lies between reading and sending goes to others, who may
  take their time.

  @workers.same-dispatch @holds @section-3.1.2 @single-reactor-threads @single-reactor-processes
  Rule: waiting, dispatching and accepting are as in the scheme with one thread
    @server
    Scenario: one thread waits for everybody, and accepts
      Then one thread waits on one set for all connections, and accepts

  @workers.handler-only-io @holds @section-3.1.2 @single-reactor-threads @single-reactor-processes
  Rule: the handler only receives and sends
    Workers touch no client. So a connection's bytes are read and written in order without a lock, and a worker cannot
    be stuck with a client that is slow to read.

    @server
    Scenario: all reading and writing is the reactor's
      Then the thread that waits receives and sends for all clients

  @workers.worker-computes @holds @section-3.1.2 @single-reactor-threads @single-reactor-processes
  Rule: workers do the work and hand the result back; then the handler sends it
    The work is no call. What shows is its end: the reactor sleeps in its wait, so whoever has a result must wake it, by
    an eventfd, a pipe or a socket. One such word may stand for several results. A reactor that asks again and again
    whether a worker is done needs no such word; it serves nobody meanwhile, and takes a core for that.

    @server
    Scenario: word from a worker comes between each request and its answer
      Then each request is answered after word from a worker that touches no client

    @reference
    Scenario: while a worker works, the reactor sleeps in its wait
      When a client asks for work that sleeps for 50 ms, and again for twice as long, 6 times at most
      Then the whole server is seen asleep before it answers

  @workers.shared-data-race @holds @section-3.1.2 @single-reactor-threads
  Rule: to hand results over is to share data, for which threads compete
    Where several workers put their results, one of them may be in the middle of it when another comes: both see the same
    free place, and one result is lost. Nobody needs to force it, as the first scenario does; it only takes time.

    It is the same on the way out, where several workers take. A server that makes this mistake there is
    counterexample/unlocked-hand-over: its clients get answers twice, or those of others, or none.

    @kernel
    Scenario: two workers put at once, and one result is lost
      Given a tray, and 2 workers that put results into it without a lock
      When the second puts while the first has looked and not yet counted
      Then fewer results are in the tray than were put

    @kernel
    Scenario: it happens by itself
      Given a tray, and 4 workers that put results into it without a lock
      When all of them put results at the same time, more and more, until one is lost
      Then fewer results are in the tray than were put

  @workers.mutex-guards @holds @section-3.1.2 @single-reactor-threads
  Rule: a mutex around what is shared keeps it whole
    Looking and counting become one step. A mutex that is free is taken without a system call, so no recording shows it;
    what it warrants can be seen from outside. All requests lie in one place while every worker is busy, then all workers
    come for them together, and all results are put in one place.

    @kernel
    Scenario: under a lock the second worker waits for the first
      Given a tray, and 2 workers that put results into it under a lock
      When the second puts while the first has looked and not yet counted
      Then as many results are in the tray as were put

    @kernel
    Scenario: under a lock nothing is lost, however many put
      Given a tray, and 4 workers that put results into it under a lock
      When all of them put 50000 results each, at the same time
      Then as many results are in the tray as were put

    @reference
    Scenario: everybody gets his own answer, though all workers come for the requests at once
      Given 300 clients of the server
      When all workers are kept busy while all clients ask, each for something else, 5 times
      Then each has got its own answer, and nothing else

  @workers.processes-are-awkward @holds @section-3.1.2 @single-reactor-processes
  Rule: worker processes need communication in both directions, and the parent must know to which client a result belongs
    Threads find the connection in the memory that they share. Between processes requests and results travel, and as
    several are on their way at once, each has a number, or each worker one at a time. Beside the server with worker
    threads it shows in the code as well.

    @server
    Scenario: each request is a message out and a message in, and several are out at once
      Then each request goes to another process and its result comes back, several at once

  @workers.uses-cores @holds @section-3.1.2 @single-reactor-threads @single-reactor-processes
  Rule: it uses several cores for the work
    Several workers work on several cores. It shows where the work is what takes the time; receiving and sending stay in
    one thread, however many workers there are.

    @reference @measured
    Scenario: work for several clients is done sooner than in one thread
      Given 4 clients of the server, and as many of reactor/single beside it
      When all clients ask for 4 ms of work at once, those of one server and then those of the other, again and again
      Then no thread does more than 0.7 of the server's work, and one does more than 0.9 of the other's
      And where the machine has a second core to give, the server is done more than 1.3 times as fast as the other

  @workers.processes-unused @qualified @section-3.1.2 @single-reactor-processes
  Rule: so nobody uses worker processes in practice
    As a way to use several cores hardly anybody does, and here is why: requests and results are written down, copied and
    read, the code is longer, and each worker is a process, which takes memory.

    Yet there are systems that are built so, all for another reason than speed: the work is another program, or may fall
    over, or cannot run in parallel in one process. Squid asks helper processes to check passwords and to rewrite
    addresses; web servers such as nginx hand requests to processes of PHP by FastCGI, in whose messages a number says
    which request they are about; Python programs with asyncio give what takes time to a pool of processes, since threads
    of one Python process take turns. What a process gives that no thread can is shown here: it dies alone.

    @reference @measured
    Scenario: it takes more memory than with worker threads
      Given 10 clients of the server, and as many of reactor/single-threads beside it
      Then the server takes more than 1.3 times the memory of the other

    @reference @measured
    Scenario: there is more code than with worker threads
      Given the code of the server, and that of reactor/single-threads
      Then the server's has more lines

    @reference
    Scenario: but a worker process that dies takes one client with it, and a thread takes all
      Given 4 clients of the server, and as many of reactor/single-threads, of which the workers are threads
      When the worker at the first client's work is killed in each
      Then all other clients of the server are answered, and none of the other server's

  @workers.reactor-is-bottleneck @holds @section-3.1.2 @single-reactor-threads
  Rule: the one reactor is the bottleneck when many clients come at once
    Each client must be accepted, read from, written to and closed by the same thread, which besides hands its request
    over and takes the result back. However many workers there are, they wait for it. With many reactors the one that
    accepts does nothing else, and the rest is divided.

    A server is done when its busiest thread is. So what is compared is that thread's CPU time, which is the same on a
    busy machine. How long clients waited is told, too; on two cores, which the servers' threads share with the clients,
    it says little.

    @reference @measured
    Scenario: a burst is more work for the one reactor than for the busiest of many
      Given the server, and reactor/multi-threads beside it
      When 200 clients come to each at once, each with a request, in 5 rounds
      Then the busiest thread of the server spends more than 1.2 times as much CPU time for each of them as that of the other
