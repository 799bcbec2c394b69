Feature: A main reactor accepts, sub-reactors serve
  With many reactors the work is divided by connection. The main reactor waits for the listener alone and hands each
  new connection to a sub-reactor, which keeps it in its own wait set until it closes.

  @multi.main-only-accepts @holds @section-3.1.3 @multi-reactor-threads @multi-reactor-processes @accept-main
  Rule: the main reactor accepts connections and never reads or writes one
    Where every reactor accepts for itself (peers, as nginx' workers do), there is no main reactor, and nothing to hold
    against it. A server that says that it has one breaks this claim by the first read that an accepting thread makes on
    what it accepted.

    @server
    Scenario: the accepting thread touches no client
      Then the thread that accepts reads and writes no connection

  @multi.sub-serves @holds @section-3.1.3 @multi-reactor-threads @multi-reactor-processes
  Rule: a sub-reactor serves its connections from their first byte to their last
    One thread owns a connection for its whole life: the one that waits on the set the connection is in. A connection
    whose calls come from two threads has changed its owner, or has none.

    @server
    Scenario: each connection has one owner, and that is the waiter of its set
      Then each connection is served for life by the thread that waits on its set
