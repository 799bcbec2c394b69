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
    an eventfd, a pipe or a socket. One such word may stand for several results.

    @server
    Scenario: word from a worker comes between each request and its answer
      Then each request is answered after word from a worker that touches no client

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
      Then no thread has more than 0.7 of the server's CPU time, and one has more than 0.85 of the other's
      And where the machine has a second core to give, the server is done more than 1.3 times as fast as the other
