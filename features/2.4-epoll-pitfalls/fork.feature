Feature: One instance, two processes
  A descriptor that a child inherits names the same open file description. For most files that is harmless. An epoll
  instance is an open file description with a memory.

  @epoll.fork-shares-the-instance @holds @section-beyond @epoll
  Rule: an epoll instance that is inherited across fork is one instance, not two
    Interest list and ready list are shared by parent and child. The events carry what the *registrar* said, mostly a
    descriptor number, which in the other process names something else or nothing. An event that one has collected is
    gone for the other, edge-triggered; what one adds the other hears of; and what one closes stays registered while the
    other holds a duplicate. Hence: make the instance after fork, in the process that will wait on it. (After
    pthread_create there is no such trouble: threads share the descriptors, too.)

    @kernel
    Scenario: the child hears of the parent's socket, which it does not have
      Given a child process that has inherited an epoll instance and nothing else
      And a socket of the parent with unread bytes, watched for EPOLLIN by that instance
      Then a wait in the child reports the number of the parent's socket, which names nothing there

    @kernel
    Scenario: the parent hears of what the child adds
      Given a child process that has inherited an epoll instance and nothing else
      When the child has the instance watch a pipe of its own, with unread bytes
      Then a wait in the parent reports the number of the child's pipe, and it is not the parent's descriptor

    @kernel
    Scenario: an event that the child has collected is gone for the parent
      Given a child process that has inherited an epoll instance and nothing else
      And a socket of the parent with unread bytes, watched for EPOLLIN|EPOLLET by that instance
      Then a wait in the child reports the number of the parent's socket, which names nothing there
      And a wait in the parent reports nothing

    @kernel
    Scenario: what the parent closes stays registered while the child has it
      Given a child process that has inherited an epoll instance and the socket that it watches
      When the parent closes that socket, and bytes arrive at it
      Then a wait in the parent reports the number that it has closed
      When the child ends
      Then a wait in the parent reports nothing
