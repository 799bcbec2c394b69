Feature: Threads of one process
  A thread is a task that shares most of what it has with others. On Linux both processes and threads are made by clone,
  and differ in what its flags let them share.

  @thread.many-in-a-process @holds @section-1.3
  Rule: one process runs many threads
    Each is scheduled on its own, can sleep in a call of its own, and has a number of its own beside that of the process.

    @kernel
    Scenario: fifty threads, one process
      Given 50 threads of one process, each asleep in a read
      Then the kernel lists all of them as tasks of the process, and each has the process's number and another one of its own

  @thread.shared-and-private @holds @section-1.3
  Rule: threads share descriptors, address space, code, globals and heap; stack and registers are each one's own
    The flags `CLONE_VM`, `CLONE_FILES`, `CLONE_FS` and `CLONE_SIGHAND` say so, and kcmp(2) tells afterwards. A stack is
    private by agreement only: it lies in the address space of all, and another thread that has its address can write to
    it. Registers are private in earnest.

    @kernel
    Scenario: what one thread writes and opens, another one reads
      Given 2 threads of one process, each asleep in a read
      When one thread writes a number to memory, and opens a pipe and writes to it
      Then another thread finds the number in memory, and reads what is in the pipe, by its descriptor's number

    @kernel
    Scenario: the kernel has one of each for both
      Given 2 threads of one process, each asleep in a read
      Then the kernel says that they share address space, descriptors, directory and signal handlers

    @kernel
    Scenario: processes have one each
      Then the kernel says that parent and child share none of these

    @kernel
    Scenario: stacks are not shared
      Given 20 threads of one process, each asleep in a read
      Then each has a stack pointer of its own

  @thread.churn-costs @holds @section-1.3 @thread-per-connection
  Rule: to make a thread for each connection, and to end it, costs
    A thread must be made, scheduled for the first time, ended and taken down; one that waits for work must be woken. Both
    are measured in turn, doing nothing else. What it means for a server depends on how long a connection lasts: it is
    most where clients come, ask once and go, and that is measured on servers.

    @kernel @measured
    Scenario: a new thread against one that waits
      Given work that is nothing, done by a thread made for it, and by a thread that waits for work
      Then the thread made for it takes more than 2 times as long

    @reference @measured
    Scenario: clients that come and go are dearer than with threads that are there
      Given 5 clients of the server, and as many of threadpool/pool beside it
      Then a client that only comes and goes costs the server more than 1.1 times the CPU time that it costs the other

    @reference @measured
    Scenario: and dearer than with no thread for each
      Given 5 clients of the server, and as many of epoll/level beside it
      Then a client that only comes and goes costs the server more than 1.2 times the CPU time that it costs the other

  @thread.switch-light @qualified @section-1.3
  Rule: a switch between threads leaves the shared part alone, so it is much cheaper than one between processes
    The first half is true, the second is not: bare, both take some microseconds, and which is the faster one is decided
    by noise. What survives is that threads work on one copy of their data, which stays in the cache across the switch;
    see process.switch-heavy, where the same game is told at length.

    @kernel @measured
    Scenario: not much cheaper, bare
      Given two threads and two processes that pass the turn to and fro on one CPU, and do nothing else
      Then a switch between processes takes less than 1.5 times one between threads

    @kernel @measured
    Scenario: cheaper where both work on the same memory
      Given two threads and two processes that pass the turn to and fro on one CPU, and write to half a second-level cache of memory in each
      Then a switch between processes takes more than 1.05 times one between threads
