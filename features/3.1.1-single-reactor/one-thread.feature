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
    has the reads of others in between; one whose loop resumes the handler in its next round, as Python's asyncio does,
    asks once more who is ready, with a timeout of 0.)

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
      When one of them asks for 200 ms of work, and the others ask as soon as the server has read that
      Then nobody is answered before the slow one, except where workers do the work: there everybody is

  @single.one-core @holds @section-3.1.1 @single-reactor
  Rule: it cannot use several cores
    One thread runs on one core at a time. However many cores a machine has, such a server is as fast as one of them. (Who
    has more starts more servers, each with its own port or its own part of the data, as is done with Redis.)

    A thread runs on one core at a time. So what is asked for is how much of the work, as CPU time, is one thread's; that is
    the same however busy the machine is. What the rest of the cores are good for shows in how soon work is done.

    @reference @measured
    Scenario: work for several clients is one thread's, and that of several where reactors are many
      Given 4 clients of the server, and as many of reactor/multi-threads beside it
      When all clients ask for 4 ms of work at once, those of one server and then those of the other, again and again
      Then one thread does more than 0.9 of the server's work, and none does more than 0.7 of the other's
      And where the machine has a second core to give, the other is done more than 1.3 times as fast

  @single.cpu-bound-unfit @holds @section-3.1.1 @single-reactor
  Rule: so it is for work that is quickly done, not for work that takes the processor's time
    Where requests are short there is nothing to gain from a second thread, and two changes of thread to lose for each of
    them. Where one request takes 10 ms, everybody else's answer comes 10 ms later, also that of somebody whose own
    request takes none: between two pieces of work one small request is served, and not as many as there are.

    With many reactors this is better only for those who are not in the same reactor as the busy client; with workers, as
    long as one of them is free.

    @reference @measured
    Scenario: small requests are cheaper without workers
      Given 10 clients of the server, and as many of reactor/single-threads beside it
      Then a small request costs the server less than 0.9 times the CPU time that it costs the other

    @reference @measured
    Scenario: small requests wait for each piece of work, and do not where there are workers
      Given 2 clients of the server, and as many of reactor/single-threads beside it
      When the first client always has 10 ms of work under way, while the second asks for one small thing after the other
      Then the second is answered more than 5 times as often by the other server as by this one, for each piece of work

    @reference @measured
    Scenario: nor do they wait in another reactor
      Given 2 clients of the server, and as many of reactor/multi-threads beside it
      When the first client always has 10 ms of work under way, while the second asks for one small thing after the other
      Then the second is answered more than 5 times as often by the other server as by this one, for each piece of work
