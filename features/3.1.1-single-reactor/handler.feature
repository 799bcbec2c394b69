Feature: One thread waits, accepts, reads, works and writes
  The smallest Reactor has three parts in one thread: the reactor waits and dispatches, the acceptor takes new
  connections, a handler per connection reads, works and sends. From outside one sees only the calls, and which thread
  makes them; that is enough to tell the parts apart.

  @single.acceptor-and-handler @holds @section-3.1.1 @single-reactor
  Rule: an event on the listener is followed by accept, an event on a connection by its reading or writing
    The dispatcher sends each event where it belongs. In a recording this shows per report: the thread that waited, and
    nobody else, makes the accept after a report on the listener, and the read or write after a report on a connection.

    @server
    Scenario: every report goes to the acceptor or to the connection's handler
      Then what a wait reports is handled by the thread that waited, listener by accept and connection by read or write

  @single.read-work-send @holds @section-3.1.1 @single-reactor
  Rule: a handler reads, works and sends, in that order, in the reactor's own thread
    There is no hand-over in this scheme: the thread that read a request is the one that answers it. A server that has
    other threads (a runtime's, helpers for files or for freeing memory) keeps the claim as long as they leave clients
    alone.

    @server
    Scenario: one thread takes each request from its read to its answer
      Then each request is read and then answered by one and the same thread
