Feature: Clients that break off
  A reset is not an error of the server. It happens whenever a client crashes, or closes with something unread.

  @server.survives-reset @holds @section-beyond @every-server
  Rule: a client's reset hurts nobody but itself
    A reset shows in three places. A read says ECONNRESET; a write says ECONNRESET once, and EPIPE from then on, which
    comes with the signal SIGPIPE, and that ends a process that has said nothing about it (send(2): MSG_NOSIGNAL; or
    ignore the signal); and of a connection that was reset in the accept queue, accept says ECONNABORTED on some systems,
    while Linux hands it out and lets the first read fail. All three are the end of one connection. A server that takes
    them for its own, and exits, can be switched off by anybody.

    Each process or thread of a pool serves one client at a time, so they come one after the other here, each at another
    moment.

    @load
    Scenario: resets at every moment of a connection, beside a client that has done nothing wrong
      Given a client that the server has served
      When 12 others reset their connections: at once, within a request, behind a request, and before a reply that does not fit
      Then that client is served as before, and so is a new one
