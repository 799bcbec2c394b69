Feature: One process, many clients
  A process per client waits for its client most of the time. Multiplexing turns this round: one process waits for all
  clients at once, and does a little for whoever has something to do.

  @mux.time-sharing @holds @section-2 @single-reactor
  Rule: one process serves many clients by handling one event at a time
    It is time sharing as an operating system does it, with events in place of clock ticks: read what there is of one
    connection, answer, go on to the next. If an event takes less than a millisecond, a single thread handles more than a
    thousand in a second, and each client has the impression of being served alone. On today's machines an echo takes
    some microseconds.

    The other side of it: an event that takes long holds up everybody.

    @server
    Scenario: the thread that serves reads from one client, then others, then the first again
      Then one thread serves all clients, a little of each in turn

    @reference @measured
    Scenario: a request takes far less than a millisecond, so there are more than a thousand in a second
      Given 100 clients connected to the server
      When every client sends a request, all at once, in 20 rounds
      Then the server spends less than 1 ms of CPU time on a request, and answers more than 1000 in a second

  @mux.one-at-a-time @holds @section-2 @single-reactor
  Rule: at any moment one request is being handled
    There is one thread to handle them. What looks simultaneous to the clients is a sequence in the server, and so its
    data needs no locks. In a recording one sees it thread by thread: no two handlings of requests, from the read that
    completed the request to the write that answers it, overlap in different threads.

    @server
    Scenario: no two threads are handling requests at the same time
      Then no request is handled while another thread handles another one
