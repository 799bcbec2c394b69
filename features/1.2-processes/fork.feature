Feature: What fork makes
  Fork is called once and returns twice. What follows the call is run by two processes, and each finds everything where
  it was before: memory, descriptors, the place in the program.

  @process.fork-copies @qualified @section-1.2
  Rule: the child is a copy of its parent: descriptors, address space, program counter, code
    A copy in its effect, yet hardly anything is copied. The descriptors are duplicates: two tables that name the same
    open files, with one file offset and one `O_NONBLOCK` for both. The code is one and the same. And of the memory only
    the page tables are copied; its pages are shared, read-only, until one of the two writes to one, and then that page
    is copied (copy on write). So the price of a fork is that of its page tables and of what is written later.

    What the child does not get: the other threads of its parent, pending signals, file locks of fcntl, timers; see
    fork(2).

    @kernel
    Scenario: the child finds its parent's memory
      Given a process with a word in its memory, which nobody else knows
      When it forks
      Then the child tells that word

    @kernel
    Scenario: what the child changes, it changes for itself
      Given a process with a word in its memory, which nobody else knows
      When it forks
      And the child changes its word
      Then the child tells the changed word, and the parent still has its own

    @kernel
    Scenario: the child goes on where its parent goes on, in the same code
      Given a process with a word in its memory, which nobody else knows
      When it forks
      Then parent and child have come to the line behind the one call
      And the child's code lies where the parent's lies, in the same file

    @kernel
    Scenario: the child has its parent's descriptors
      Given a process that has accepted a connection
      When it forks
      Then the child has each of the parent's descriptors, by the same number and of the same file

    @kernel
    Scenario: memory is not copied when the child is made
      Given a process with 64 MiB of memory that it has written to
      When it forks
      Then less than 16 MiB of the child's memory is its own

    @kernel
    Scenario: memory is copied when it is written to
      Given a process with 64 MiB of memory that it has written to
      When it forks
      And the child writes to all of its memory
      Then more than 60 MiB of the child's memory is its own

  @process.fork-return-value @holds @section-1.2
  Rule: fork returns 0 in the child, and in the parent the child's number
    It is how the two tell which one they are.

    @kernel
    Scenario: one call, two results
      Given a process with a word in its memory, which nobody else knows
      When it forks
      Then the call has returned 0 in the child, and the child's number in the parent

  @process.child-inherits-connection @holds @section-1.2 @process-per-connection
  Rule: the child uses the connected socket that it has inherited
    There is nothing to hand over: the connection that the parent accepted before the fork is open in the child, by the
    same number, and is the same socket. A child that runs another program (exec) keeps it too, unless the descriptor is
    marked close-on-exec.

    @kernel
    Scenario: the child talks with the client through the inherited descriptor
      Given a process that has accepted a connection
      When it forks
      And the parent closes its descriptor of the connection
      Then the connection is the same socket in the child, by the same number
      When the child reads once from the descriptor and writes it back, while the client sends "hello"
      Then the client gets "hello"

    @server
    Scenario: a process that did not accept serves, and nothing was sent to it
      Then each connection is served by a process that inherited it from the one that accepted it
