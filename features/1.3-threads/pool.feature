Feature: A pool of threads
  Threads that are made once and serve one connection after the other. In between stands a queue.

  @pool.created-ahead @holds @section-1.3 @thread-pool
  Rule: a pool starts its threads before connections come
    Some pools start with none and make a thread when work comes and nobody is free, up to a bound: they save memory, and
    the first clients pay for the threads. Those do not keep this claim.

    @server
    Scenario: no thread that serves is younger than the first connection
      Then all threads that serve were there before the first connection

  @pool.takes-from-queue @holds @section-1.3 @thread-pool
  Rule: accepted sockets go into a queue, and the pool's threads take them from it
    So the thread that accepts is never the one that serves; a thread serves its connection to the end and then takes the
    next; and with more clients than threads some wait. A client that says nothing holds a thread all the same, so a pool
    is for connections that are short or busy.

    @server
    Scenario: more clients than threads are served, one after the other by each thread
      Then connections are taken from the accepting thread by others, which serve one after the other

    @reference
    Scenario: who finds no thread waits, and is served when another client leaves
      Given a client of the server, and as many more as it takes for one to get no answer
      When one of those that were answered leaves
      Then the one that waited gets its answer

  @pool.queue-locked @holds @section-1.3 @thread-pool
  Rule: the queue is shared by all threads, so it is locked
    To take from a queue is to look at what is first and then to remove it. Between the two another thread may look, too:
    then both serve one connection, and the next is lost when both remove. A lock makes one step of the two.

    A recording does not show the lock (a mutex that is free is taken without a system call), but what it warrants.

    @kernel
    Scenario: without a lock, two threads take the same connection, and another one is lost
      Given a queue of 2 connections and 2 threads that take from it without a lock
      When the second thread takes while the first has looked and not yet removed
      Then both have taken the same connection, and the other one has been lost

    @kernel
    Scenario: with a lock the second thread waits for the first
      Given a queue of 2 connections and 2 threads that take from it under a lock
      When the second thread takes while the first has looked and not yet removed
      Then the second has waited for the first, and each has taken another connection

    @reference
    Scenario: everybody is served, by one thread, though all threads come for the next client at once
      Given 300 clients of the server
      When each asks for something else, and those that are answered leave together, until none is left
      Then each has got its own answer, and nothing else

    @server
    Scenario: each connection is taken by exactly one thread
      Then each accepted connection is served by exactly one thread, and none is forgotten
