Feature: Simpler than one reactor with workers
  More threads that do more, and yet less to write: what is shared is a connection, once, and not every request and result.

  @multi.simpler @qualified @section-3.1.3 @multi-reactor-threads
  Rule: many reactors, with a thread each, are simpler to implement than one reactor with worker threads
    The code says so: two servers that are made of the same parts, and do the same for their clients, are counted beside
    each other. What is counted are the lines of code that each needs, the things that its threads share, and the places
    where one thread waits for another or wakes it. It shows in what they do as well: where a request and its result are
    handed over, several threads go to sleep for it and are woken, and here one.

    What is simpler does less. A connection stays with the reactor that it was given to, however busy that one is and
    however idle the others: whoever has the same reactor as a slow request waits for it. With workers nobody does, as
    long as one of them is free. A server with many reactors that is to have this as well needs workers besides, as Netty
    has for such handlers.

    @reference @measured
    Scenario: fewer lines, fewer things shared, and fewer places to wait
      Given the code of the server, and that of reactor/single-threads
      Then the server's has fewer lines
      And in the server's, threads share fewer things, and wait for one another in fewer places

    @reference @measured
    Scenario: nothing is handed over for a request
      Given 10 clients of the server, and as many of reactor/single-threads beside it
      Then for a request, the server's threads go to sleep less than 0.7 times as often as the other's

    @reference
    Scenario: but clients of the same reactor wait for a slow request, and with workers nobody does
      Given so many clients that some share a reactor, of the server and of reactor/single-threads beside it
      When one of them waits for 200 ms, and the others ask as soon as the server has read that
      Then some of the others wait for it, and none of the other server's

  @multi.simpler-with-processes @qualified @section-3.1.3 @multi-reactor-processes
  Rule: many reactors, with a process each, are simpler to implement than one reactor with workers
    They are, where the workers are processes as well. Workers that are threads are simpler: processes must be started,
    watched and replaced, and what passes between them must be written down.

    @reference @measured
    Scenario: fewer lines than with worker processes
      Given the code of the server, and that of reactor/single-processes
      Then the server's has fewer lines

    @reference @measured
    Scenario: but more than with worker threads
      Given the code of the server, and that of reactor/single-threads
      Then the server's has more lines
