Feature: Who takes part in a Proactor
  An initiator makes the proactor and the handlers, and starts the first operations. The operation processor performs
  them and tells the proactor, which calls the handlers. Which object of a program plays which part, no recording can
  tell. What it shows is the order of things.

  @proactor.initiator @holds @section-3.2 @proactor @emulated-proactor
  Rule: the initiator makes proactor and handlers, and registers them with the operation processor
    It comes first: the ring is set up, or the queue of the helpers; the socket listens; an accept is started. Only then
    a client may come, and what it finds is an operation that waits for it, and by which the handler is known. So it stays
    for the life of the server.

    @server
    Scenario: an accept is under way before a client comes, and while nobody does
      Then an accept is under way before a client comes

  @proactor.operation-processor @holds @section-3.2 @proactor @emulated-proactor
  Rule: the operation processor performs the operation, and tells the proactor when it has
    The kernel, or helper threads. Whoever is told of a completion has done nothing for it in between, and operations of
    many clients are under way at once. A helper takes any client's operation: a thread that is one client's own is no
    processor, but that client's handler.

    @server
    Scenario: operations of several clients are under way at once, and no handler performs them
      Then operations of several clients are under way at once, and no handler performs them

  @proactor.calls-handler @holds @section-3.2 @proactor @emulated-proactor
  Rule: the proactor calls the handler for the kind of event
    That a client was accepted, that something was received, that something was sent: each is another handler's affair,
    and shows in what that handler starts next.

    @server
    Scenario: an accept is followed by a receive, a receive by a send, a send by word of it
      Then each accept leads to a receive, and each request received to a send that is told of
