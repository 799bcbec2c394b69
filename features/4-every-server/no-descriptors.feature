Feature: No descriptor left
  Each client costs a descriptor, and a process may have so many and no more (RLIMIT_NOFILE). Beyond that `accept` fails
  with EMFILE, and the client stays in the queue: the listener stays ready for what cannot be done.

  @server.survives-descriptor-exhaustion @holds @section-beyond @every-server
  Rule: without descriptors a server goes on serving whom it has, does not spin, and accepts again when it can
    Three mistakes are usual. To take the error of `accept` for the end of the service turns a crowd into an outage. To go
    back to a level-triggered wait, with the listener still in the set, makes a loop that is told of the same client again
    and again, and takes a whole core. To take the listener out, or to be told of it by edges only, and to forget to look
    again when a client has left, keeps those who wait outside for ever.

    Shown by lowering the limit of each process of the server, while it runs, to the first number that it does not use
    (prlimit(2)): it has what it has, and no more. A server that spins is then awake at every look: it runs, or it is
    ready to and waits for a processor (state R of /proc/PID/task/TID/stat, for both), so that a busy machine does not hide
    it. At last the clients that it has leave. Processes that had none of them, such as a main reactor or the parent
    of a process for each client, have nothing to get back, so their limit is raised again.

    @load @linux
    Scenario: clients come when there is no descriptor left, and get in when others leave
      Given 4 clients that the server serves, and no further descriptor for it
      When 4 more come and ask
      Then the first ones are served as before
      And the server sleeps while nobody asks
      And when the first ones leave, the others are served
