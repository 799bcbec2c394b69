Feature: A process for each client
  The oldest way to serve several clients: everything blocks, and while one process sleeps in a read of its client, the
  others go on.

  @process.blocking-base @holds @section-1.2 @process-per-connection @process-pool
  Rule: it rests on blocking I/O: accept and read block
    The parent sleeps in accept until a client comes, a child in read until its client sends. No flag is set and nobody
    is asked beforehand; the scheduler does the multiplexing. In a recording one sees reads that began before the client
    sent what they returned.

    @server
    Scenario: who accepts and who reads sleeps in the call
      Then accepts and reads block, and nothing waits for readiness

  @process.per-client @holds @section-1.2 @process-per-connection
  Rule: every client gets a process of its own
    So clients do not disturb each other: one that crashes its process crashes nobody else's.

    @server
    Scenario: no process serves two clients
      Then each connection has a process that serves no other

  @process.parent-accepts @holds @section-1.2 @process-per-connection
  Rule: the main process listens and accepts, and then forks
    @server
    Scenario: one process accepts, and a process is born after each accept
      Then one process accepts, and after each accept makes the process that serves

  @process.child-drops-listener @holds @section-1.2 @process-per-connection
  Rule: the child needs only the connected socket, and closes the listening one
    A child that keeps it does no harm at first. But the port stays taken when the parent ends, and clients still connect
    to it, into a queue from which nobody accepts.

    @server
    Scenario: no child that serves has the listener
      Then no process that serves a connection has the listener

    @kernel
    Scenario: a port that a child keeps still takes clients, whom nobody serves
      Given a process that has accepted a connection
      When it forks
      And the parent closes its listener
      Then a client can still connect to the port
      When the child leaves
      Then no client can connect to the port

  @process.parent-drops-connection @holds @section-1.2 @process-per-connection
  Rule: the parent needs only the listening socket, and closes the connected one
    Both have a descriptor of the same socket, and a connection ends when the last one is closed. So a parent that keeps
    its own runs out of descriptors, and the clients of children that have ended wait for an end that does not come.

    @server
    Scenario: the parent does not keep what it accepts
      Then the parent closes each connection that it has handed to a child

    @kernel
    Scenario: while the parent keeps the connection its client is not told of the end
      Given a process that has accepted a connection
      When it forks
      And the child leaves
      Then the client has not been told that the connection ends
      When the parent closes its descriptor of the connection
      Then the client is told that the connection ends

    @kernel
    Scenario: when the parent has closed it, the child's end is the connection's
      Given a process that has accepted a connection
      When it forks
      And the parent closes its descriptor of the connection
      Then the client has not been told that the connection ends
      When the child leaves
      Then the client is told that the connection ends

  @process.zombies-are-reaped @holds @section-1.2 @process-per-connection
  Rule: a correct server waits for its children
    On SIGCHLD, with WNOHANG and in a loop, for signals do not queue; or now and then; or by a thread of its own.

    @server
    Scenario: the children that ended were waited for, and no zombie is left
      Then the server has waited for the children that ended

  @process.hundred-clients @holds @section-1.2 @process-per-connection
  Rule: it serves a hundred clients
    For that many it is a good model: simple, and each client's failure is its own.

    @reference
    Scenario: a hundred clients at once
      Given 100 clients, each with a process of the server's
      When each of them asks 3 times, all clients at once
      Then every answer is right, and there are 100 processes more than before they came
