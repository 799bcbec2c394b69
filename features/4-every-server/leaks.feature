Feature: What clients leave behind
  A client that has gone should have left nothing in the server, however it went.

  @server.no-descriptor-leak @holds @section-beyond @every-server
  Rule: descriptors, threads, processes and memory return to where they were after any load
    A leak is made on the ways that are seldom taken: the descriptor of a connection that was reset, the thread that waits
    for a client who will not answer, the child that ended while nobody looked, the rest of a reply that was never read. A
    server with one of these runs for days, and stops on the day with the most clients.

    Shown with clients that go in every way there is, in rounds that are alike. After the first, a server may keep what
    runtimes take once and then keep: threads, buffers, a heap. After that it must come back to where it was: to the same
    number of descriptors and processes, with no child unreaped; to the number of threads, but for one or two of a
    runtime's own; and to its memory, but for 64 KB for each client of a round, since a heap is given back in large pieces
    and late. A runtime may take more yet, when it finds all its threads busy or collects its garbage late; but then it has
    it, and two more rounds change nothing, whereas a leak is the same in every round.

    @load @linux
    Scenario: clients come and go in every way, round after round
      Given a server that a round of 12 clients has visited, who left in every way
      When such rounds go on until two leave it as it was, but for 64 KB for each client, or 4 have left it with more
      Then it has come back to where it was
