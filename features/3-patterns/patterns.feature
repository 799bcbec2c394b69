Feature: Two patterns around multiplexing
  Nobody wants to write a loop around epoll for each application. Reactor and Proactor are that loop, written once: what
  differs between applications is the handlers.

  @pattern.hides-api @holds @section-3 @single-reactor @single-reactor-threads @single-reactor-processes @multi-reactor-single @multi-reactor-threads @multi-reactor-processes @proactor @emulated-proactor
  Rule: the pattern hides the multiplexing, so that an application is its handlers and nothing more
    The reference servers share one handler of the line protocol. It is given bytes and gives bytes, and knows neither
    what waits for the connection nor whose thread it runs in. So a client cannot tell the servers apart.

    @reference
    Scenario: one conversation, in pieces and with several requests at once, with the same answers from every server
      Given a client of the server
      When it has the conversation that it has with every server
      Then the answers are, byte for byte, those that the handler gives

  @pattern.two-parts @holds @section-3 @single-reactor @single-reactor-threads @single-reactor-processes @multi-reactor-single @multi-reactor-threads @multi-reactor-processes
  Rule: a Reactor is a reactor, which waits and dispatches, and what handles the events: it reads, works and sends
    Which threads play which part is what the schemes differ in. The parts themselves are in all of them: each connection
    that is served is one of many that some thread waits for.

    @server
    Scenario: some thread waits for many connections, and those are the ones that are served
      Then every connection that is served is waited for together with others

  @pattern.four-combinations @holds @section-3 @single-reactor @single-reactor-threads @single-reactor-processes @multi-reactor-single @multi-reactor-threads @multi-reactor-processes
  Rule: one reactor or many, one worker or many: four schemes
    Where there are many workers they are threads or processes, so there are six kinds of server:

                        one worker              many threads             many processes
        one reactor     single-reactor          single-reactor-threads   single-reactor-processes
        many reactors   multi-reactor-single    multi-reactor-threads    multi-reactor-processes

    There is a reference server for each, and the recording shows it to be of that kind and of no other.

    @server
    Scenario: the recording shows the kind that the server claims, and none of the others
      Then of the six kinds of server the recording shows the one that is claimed

  @pattern.many-reactors-one-worker-useless @holds @section-3 @multi-reactor-single
  Rule: many reactors with one process or thread are more complex than one reactor, and no faster
    There is no reason to build such a server, and so there is one here: only what exists can be measured. Its reactors
    are epoll instances of which each has some of the connections; the one thread waits for an instance that watches the
    others. It does all that the single reactor does, and asks twice who is ready.

    @reference @measured
    Scenario: a request is no cheaper than with one reactor
      Given 10 clients of the server, and as many of reactor/single beside it
      Then a small request costs the server more than 0.95 times the CPU time that it costs the other

    @reference @measured
    Scenario: nor does it use several cores
      Given 4 clients of the server, and as many of reactor/multi-threads beside it
      When all clients ask for 4 ms of work at once, those of one server and then those of the other, again and again
      Then one thread does more than 0.9 of the server's work, and none does more than 0.7 of the other's

    @reference @measured
    Scenario: and it has more code
      Given the code of the server, and that of reactor/single
      Then the server's has more lines
