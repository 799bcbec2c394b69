Feature: Where a reactor sleeps
  A reactor serves all its clients in one thread. Whatever that thread waits for, all of them wait for.

  @server.reactor-never-blocks @holds @section-beyond @every-server
  @single-reactor @single-reactor-threads @single-reactor-processes
  @multi-reactor-single @multi-reactor-threads @multi-reactor-processes
  Rule: a reactor's thread blocks in its demultiplexer only
    Everything else that it calls must return at once: sockets have O_NONBLOCK, or the call MSG_DONTWAIT; children are
    reaped with WNOHANG; other sets are looked at with a timeout of 0. A blocking call goes unnoticed for long, since mostly
    there is something to read, and a connection to be made takes no time: until a back end is slow, a client resets its
    connection between the report and the `accept`, or a pipe is full, and then all clients stand still.

    Judged is what may block, not what did: that depends on others. Every such call is named, of each thread that waits for
    the listener or for several clients, from its first wait until the server is told to stop. Regular files count as always
    ready, as they do for every demultiplexer, and so does the log, descriptors 1 and 2, which whoever starts a server may
    send where he likes. Locks in memory are passed over: a futex is called only when there is something to wait for, and
    language runtimes have their own.

    @server
    Scenario: all that a reactor calls on what may block is its wait
      Then no reactor calls what may block, except its wait
