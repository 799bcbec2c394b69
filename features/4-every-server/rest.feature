Feature: A server at rest
  What a server does when there is nothing to do tells as much about it as what it does under load.

  @server.no-busy-loop @holds @section-beyond @every-server
  Rule: with nothing to do, a server does nothing
    A reactor sleeps in its wait until something happens. It stops sleeping when it asks to be told of something that is
    always so: a connection stays registered for writability after the reply has gone out, a listener stays in the set
    while no descriptor is left to accept with, a descriptor that was closed by its client stays registered and is
    reported for ever. Each makes the wait return at once, and a whole core goes into a loop that does nothing.

    @server
    Scenario: while no client does anything, the serving threads make hardly a call
      Then the server sleeps while its clients are quiet, and handles what it is told of
