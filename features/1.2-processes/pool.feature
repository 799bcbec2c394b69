Feature: A pool of processes
  A process for each client, without the making of one for each: they are there before, and each serves one client after
  the other.

  @process.per-client-prefork @holds @section-beyond @process-pool
  Rule: in a pool of processes each accepts, serves one connection to its end, and accepts the next
    So nothing is handed over: whoever is free sleeps in accept, and the kernel wakes one of them for each client. While
    it serves it does not accept, so a client has its process for itself, and there are at most as many clients served
    as there are processes. Apache's prefork is built this way.

    @server
    Scenario: several processes accept, and none while it has a client
      Then several processes accept what they serve, each one connection at a time
