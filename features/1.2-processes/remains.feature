Feature: What is left of a process that has ended
  A process that ends gives back its memory and closes its files. What it cannot give back is its exit status, for that
  is its parent's to ask for.

  @process.exit-leaves-remains @holds @section-1.2
  Rule: a child that has ended keeps an entry in the kernel until it is waited for
    The entry, a zombie, holds the number, the exit status and the resources used. On Linux it is the task structure
    with what hangs on it, some kilobytes; see exit_notify in kernel/exit.c, and wait(2).

    @kernel
    Scenario: memory and descriptors are gone, entry and number are not
      When a child has ended
      Then it is a zombie: it has no memory and no descriptors, but its entry and its number

  @process.zombies-exhaust-resources @holds @section-1.2
  Rule: zombies that nobody waits for use up the system
    A zombie does nothing, but it counts: its number is taken, and it is one of the processes that its user, its control
    group and the system may have. So a server that never waits works for a while, until fork fails with `EAGAIN` and it
    serves nobody any more. The scenario has a user who may have 300 processes; the system's own limits are higher
    (`kernel.pid_max`, `kernel.threads-max`) and are reached in the same way.

    @kernel
    Scenario: zombies alone make fork fail
      Given a process of a user who has no other processes but its parent, and may have 300
      When it makes children that end at once, and waits for none, until the kernel refuses
      Then fork has failed with EAGAIN, and of the 300 at least 200 are its zombies, and no child lives

    @kernel
    Scenario: some zombies less, and fork succeeds
      Given a process of a user who has no other processes but its parent, and may have 300
      When it makes children that end at once, and waits for none, until the kernel refuses
      And it waits for 50 of them and forks again
      Then fork has succeeded

  @process.wait-reaps @holds @section-1.2
  Rule: wait or waitpid frees what is left
    Both are wait4 on Linux. The parent gets the number and the status, and then the entry is gone. A parent that does not
    want to know can say so beforehand: when it ignores SIGCHLD (or sets SA_NOCLDWAIT) its children leave nothing.

    @kernel
    Scenario: after the wait there is nothing left
      When a child has ended
      And the parent waits for it
      Then the parent is told its number and its exit status 7
      And its entry and its number are gone, and there is nobody to wait for
