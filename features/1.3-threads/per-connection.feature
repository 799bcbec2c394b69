Feature: A thread for each connection
  What a process per client costs is mostly its address space. Threads share one.

  @thread.per-connection @holds @section-1.3 @thread-per-connection
  Rule: a thread is made for each connection and is handed its descriptor
    There is nothing to inherit and nothing to close twice: descriptors belong to the process. The thread gets the number,
    reads and writes, closes, and ends.

    @server
    Scenario: each connection has a thread of its own, for its whole life
      Then each connection is served by a thread made for it, which ends with it
