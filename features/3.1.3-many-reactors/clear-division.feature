Feature: A clear division of labour
  Between a main reactor and its sub-reactors one thing passes, a connection, once and in one direction.

  @multi.sub-registers @holds @section-3.1.3 @multi-reactor-threads @multi-reactor-processes @epoll
  Rule: a sub-reactor adds the connection to its own multiplexer and makes the handler for it
    The set belongs to the thread that waits on it. Some servers have the main reactor add the connection to the set of
    another thread, which epoll allows; the handler must then be there before the connection is added, since the first
    event may come at once, and what the two threads both touch needs a lock.

    @server
    Scenario: who serves a connection has added it, to a set that nobody else waits on
      Then each connection is added by the thread that serves it, to a set of its own

  @multi.clear-division @holds @section-3.1.3 @multi-reactor-threads @multi-reactor-processes @accept-main
  Rule: the main reactor hands a connection over, and nothing comes back
    So there is one thing that the two have in common, the way in, once in a connection's life. Between processes the
    hand-over is a message that carries the descriptor (SCM_RIGHTS, unix(7)). Between threads it may make no call at all,
    or one for several connections: an eventfd that was written twice is read once. There it shows in the owner, who is
    another than the acceptor.

    @server
    Scenario: one hand-over for each connection, and no message from a sub-reactor to the main one
      Then each connection is handed over once, and the thread that accepts gets no word back
