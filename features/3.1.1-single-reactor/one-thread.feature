Feature: What one thread means
  That one thread does everything is the strength of this scheme, and its weakness.

  @single.process-or-thread @holds @section-3.1.1 @single-reactor
  Rule: it is one process, or one thread among others that have nothing to do with clients
    A program in C has that one thread. A program of a managed runtime has the runtime's as well, for collecting garbage
    or for timers. To count threads tells nothing; what tells is which of them touch a client.

    @server
    Scenario: one thread waits, accepts, reads and writes, however many there are
      Then one thread touches clients, whatever other threads there are

  @single.three-objects @holds @section-3.1.1 @single-reactor
  Rule: a Reactor waits and dispatches, an Acceptor takes connections, Handlers do the work; of this, dispatching and working are no system calls
    Waiting, accepting, reading and sending are. So a recording shows each object by its calls, and between the read of a
    request and its answer it may show nothing. (A server that reads from everyone who is ready, and only then answers,
    has the reads of others in between.)

    @server
    Scenario: the calls of the three objects in one thread, and none for the work
      Then one thread waits, accepts, reads and sends, and needs no call between a request and its answer

  @single.no-ipc-no-locks @holds @section-3.1.1 @single-reactor
  Rule: nobody communicates between processes, and nobody competes for a lock
    A lock that is free makes no call, so a recording cannot show that there is none. It shows that one thread alone
    touches clients, and that nothing passes between it and others while it does.

    @server
    Scenario: the thread that serves exchanges nothing with others
      Then the thread that serves sends no word to another and gets none

  @single.slow-handler-stalls @holds @section-3.1.1 @single-reactor @single-reactor-threads @single-reactor-processes
  Rule: while a handler works on one request, nobody else is served
    The thread that works is the one that would notice the others. Where workers do the work, the others are served
    meanwhile, until as many slow requests are there as workers.

    What is compared is the order of answers, not times: the others send when the server has taken the slow request, and
    are answered before it or after it.

    @reference
    Scenario: others ask while a slow request is worked on
      Given 8 clients of the server, each of which was served
      When one of them asks for 300 ms of work, and the others ask as soon as the server has read that
      Then nobody is answered before the slow one, except where workers do the work: there everybody is
