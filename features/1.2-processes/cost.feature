Feature: What a process for each client costs
  A process is a task, as a thread is, and an address space of its own. Memory is measured as proportional set size (Pss):
  pages that several processes share are divided among them, so that the sum is what the machine has given away.

  @process.costs-resources @holds @section-1.2
  Rule: each process takes resources of the system
    Page tables, the pages that it has written to, a stack in the kernel, and the kernel's own records of it. The children
    of this scenario do nothing at all; those of a real server write to more pages, and take more.

    @kernel @measured
    Scenario: memory grows with the number of processes, a line
      Given a process that makes 100, 200, 400 and 800 children, which sleep
      Then each further child takes more than 20 KiB, in proportion to their number, and 10000 of them would take what is told

  @process.ten-thousand-too-many @qualified @section-1.2 @process-per-connection
  Rule: ten thousand processes for ten thousand clients are too many
    They were, on the machines of which this was said. On today's, the kernel allows them and they fit into memory, if
    each keeps to a few hundred kilobytes. What is left of the claim is the price: a process takes tens of times the time
    to make, and tens of times the memory, of a connection in an epoll instance (a few kilobytes; see epoll.c10k for the
    servers'). Who has ten thousand clients that come and go pays it with each.

    Measured is at hundreds of processes that do nothing, and on servers with some tens of clients, beside one that is
    event-driven; what it comes to at ten thousand is computed, and said to be.

    @kernel @measured
    Scenario: a process is much dearer to make than a connection is to add
      Given a process that makes 100, 200 and 400 children, which sleep
      Then making one takes more than 5 times as long as adding a connection to an epoll instance

    @reference @measured
    Scenario: a server takes memory for each client's process, and an event-driven one hardly any
      Given 5 clients of the server, and as many of epoll/level beside it
      Then 20 clients more take more than 16 KiB each of the server, and less of the other

    @kernel
    Scenario: but a machine of today allows as many
      Then this machine's limits of processes and threads are told, and whether they reach 10000

  @process.switch-heavy @qualified @section-1.2
  Rule: to switch between processes is heavy: address space, stack, registers and kernel context all change
    They do change, and yet the switch itself is hardly dearer than one between threads: most of it is entering the
    kernel, waking the other, choosing whom to run, saving registers, which both have in common. The address space is
    one register that is loaded, and since processors tag translations with it (PCID on x86, ASID on arm64), not even
    the cached translations are thrown away.

    What is dear comes afterwards. Two processes have two copies of what they work with; they compete for caches in
    which one copy would have fitted.

    @kernel @measured
    Scenario: a bare switch between processes is about as cheap as one between threads
      Given two threads and two processes that pass the turn to and fro on one CPU, and do nothing else
      Then a switch between processes takes less than 1.5 times one between threads

    @kernel @measured
    Scenario: with memory of which one copy fits into the cache, and two do not, it is dearer
      Given two threads and two processes that pass the turn to and fro on one CPU, and write to half a second-level cache of memory in each
      Then a switch between processes takes more than 1.05 times one between threads
