Feature: Ten thousand threads
  A thread for each client is the simplest program there is. How far does it carry?

  @thread.ten-thousand-too-many @qualified @section-1.3 @thread-pool
  Rule: ten thousand processes or threads are more than the operating system can bear
    Today's can bear ten thousand threads that sleep, and the scenario has them: they take some hundreds of megabytes, the
    stacks in the kernel included. (How much a thread takes in user space is its runtime's affair. These
    are the Go runtime's, which have small stacks; a C library's reserve 8 MiB each and touch some kilobytes.) What a
    machine cannot bear is that many of them at work: then they queue for the processors.

    A pool does not have this cost, and pays in another way. It serves as many clients as it has threads, and all others
    wait until one of those leaves, be there ten thousand or one too many.

    @kernel @measured
    Scenario: ten thousand threads that sleep, and what they take
      Given a process that makes 1000, 2000, 4000 and 10000 threads, which sleep
      Then all 10000 are there, and each takes more than 4 KiB, in proportion to their number

    @reference
    Scenario: a pool starves instead
      Given a client of the server, and as many more as it takes for one to get no answer
      When one of those that were answered leaves
      Then the one that waited gets its answer
