Feature: Told to stop
  A server is told to stop by SIGTERM whenever it is updated or moved, which is every day. Clients should not notice more of
  it than they must.

  @server.stops-gracefully @holds @section-beyond @every-server
  Rule: on SIGTERM a server stops accepting, ends with all its processes, and frees its port, within a bound
    The order matters: the listener is closed first, so that clients who come now are refused at once and go elsewhere,
    instead of waiting in a queue that nobody empties. Idle clients are not waited for: they may stay for days. A child
    that goes on is worse than none, since it holds the listener that it has inherited: the port stays taken, and the next
    server cannot start. Nor can it if the old one did not set SO_REUSEADDR, as long as connections that it has closed are
    in TIME_WAIT.

    The signal goes to the process group, as from a terminal or from a service manager. The bound is the tester's patience,
    3 s from the signal to SIGKILL: a server with clients that do nothing has nothing to wait for.

    @load
    Scenario: a server with idle clients is told to stop
      Given 3 clients that the server serves
      When it is told to stop
      Then soon nobody listens, and a new client is refused
      And all its processes end by themselves
      And another server can listen on the port at once

  @server.stops-gracefully-replies @holds @section-beyond @every-server
  Rule: on SIGTERM a server finishes the replies in flight
    A reply that does not fit into the socket's buffer is in the server's memory in part, and lost if the server ends before
    its client has taken it. So a server that is told to stop closes its listener, answers what has come, and ends when the
    last reply has gone out; or when it has waited long enough, since a client that reads nothing must not keep it for ever.
    A small reply needs no such care: once it is in the socket's buffer, the kernel delivers it, also for a process that has
    ended. Not every server of renown does it: Redis drops what it has not sent.

    @load
    Scenario: a server is told to stop while a client has read the first byte of a large reply
      Given a client that has not read more than the first byte of a reply that the buffers cannot hold
      When it is told to stop
      Then soon nobody listens, and a new client is refused
      And another server can listen on the port at once
      And the client gets the whole reply
