Feature: Clients that have said everything
  TCP has two directions, and each ends by itself. "printf REQUEST | nc HOST PORT" ends the one before it reads the other.

  @server.honours-half-close @holds @section-beyond @every-server
  Rule: a client that shuts down its sending side still gets its answers
    A read of 0 bytes, EPOLLRDHUP and POLLRDHUP say that the client sends no more. They do not say that it is gone: that would
    be EPOLLHUP, or an error. What it has asked is still to be answered, all of what has come is still to be read before the
    end, and a reply that is under way goes on. Only then is the connection closed.

    Some servers do otherwise, and on purpose: a client that has gone cannot be told from one that only listens until
    something is sent to it, so they save themselves the work. They break this Rule.

    @load
    Scenario: several requests, and at once the end
      Given a client of the server, beside which others come
      When 8 more send 3 requests each and shut down their sending side at once
      Then each of them gets all answers

    @load
    Scenario: the end while a reply of 6 MiB is under way
      Given a client that asks for 6 MiB and reads nothing until the reply fills the buffers
      When it shuts down its sending side
      Then it reads in sips, and the reply is whole
