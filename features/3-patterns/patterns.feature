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
