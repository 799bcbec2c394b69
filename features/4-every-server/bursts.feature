Feature: Bursts
  After a restart, or when a page becomes popular, all clients come at the same moment.

  @server.absorbs-bursts @holds @section-beyond @every-server
  Rule: a burst of 1000 connections is served whole
    The accept queue takes what comes faster than it is accepted, up to the backlog that listen was given, and no more than
    net.core.somaxconn. Who finds it full knocks again, by the kernel's timers, after a second, then after two more: that
    is slow, but nobody is lost, and the scenario tells how many had to. Lost are clients of a server that accepts one
    connection where several wait and is not told of the others again; that has a table with a place for fewer; or that
    hangs up on whom it has no process or thread for, in place of letting them wait in the queue.

    Each client leaves when it was answered, so pools serve all of them one after the other.

    @load
    Scenario: 1000 clients at once
      When 1000 clients come at once, and each asks, and leaves when it is answered
      Then all 1000 get the right answer
