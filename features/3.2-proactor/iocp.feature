Feature: Completion ports of Windows
  On Windows an operation on a socket is started by giving a call an OVERLAPPED, a buffer, and the word to return at once.
  When it has been performed, an entry comes to the completion port with which the socket is associated.

  On Linux these Rules run under Wine, which keeps the contract of the interface by means of its own. What it cannot show is
  not claimed: that the kernel performs the operations, that it throttles the threads which take completions
  (NumberOfConcurrentThreads, which Wine ignores), that it wakes the one which waited last (Wine 8 wakes the first), with
  which code an operation ends whose socket is closed, and how fast any of it is.

  @iocp.kernel-asynchrony @qualified @section-3.2 @iocp
  Rule: Windows offers a complete asynchronous interface for sockets: accept, receive and send are started, and a completion port tells what they came to
    Here the contract is shown. It says nothing of who performs the operation; that it is the kernel is what Windows'
    documentation says. Under Wine it is a Reactor that plays the kernel: its server process waits with epoll, and when a
    socket is ready, makes a thread of the program receive, inside a signal handler. The last scenario shows that.

    The buffer, and the OVERLAPPED, belong to the system until the completion. There is one completion for each operation
    that was started, also for one that the call says is done already; the end of the stream is a completion of 0 bytes.

    @kernel
    Scenario: a receive is pending at once, and its buffer is filled while nobody asks
      Given a connection on a completion port, under the key 7
      When a receive of 64 bytes is started
      Then it is pending, its buffer is as it was, and the port has nothing
      When the other side sends "hello"
      Then its buffer is filled with "hello" while nobody asks the port
      And the port has a completion of operation 1, of 5 bytes, and no other

    @kernel
    Scenario: what is there already makes a completion, too, and one
      Given a connection on a completion port, under the key 7
      When a receive of 1 byte is started
      And the other side sends "!hello"
      Then the port has a completion of operation 1, of 1 byte, and no other
      When a receive of 64 bytes is started
      Then its buffer is filled with "hello" while nobody asks the port
      And the port has a completion of operation 2, of 5 bytes, and no other

    @kernel
    Scenario: receives complete in the order in which they were started
      Given a connection on a completion port, under the key 7
      When 8 receives of 2 bytes each are started
      And the other side sends "AABBCCDDEEFFGGHH"
      Then the port has completions of operations 1, 2, 3, 4, 5, 6, 7, 8, of 2 bytes each, and no other
      And the buffers hold "AABBCCDDEEFFGGHH", in the order in which they were given

    @kernel
    Scenario: the end of the stream is a completion of 0 bytes
      Given a connection on a completion port, under the key 7
      When a receive of 64 bytes is started
      And the other side ends
      Then the port has a completion of operation 1, of 0 bytes, and no other

    @kernel
    Scenario: an operation can be cancelled, and completes with word of that
      Given a connection on a completion port, under the key 7
      When 4 receives of 2 bytes each are started
      And operation 2 is cancelled
      Then the port has word that operation 2 was aborted, and no other
      When the other side sends "AA"
      Then the port has a completion of operation 1, of 2 bytes, and no other
      And there is nothing to cancel in operation 1
      When all operations are cancelled
      Then the port has word that operations 3, 4 were aborted, and no other

    @kernel
    Scenario: an operation outlives the thread that started it
      Given a connection on a completion port, under the key 7
      When a receive of 64 bytes is started by a thread that ends
      And the other side sends "late"
      Then its buffer is filled with "late" while nobody asks the port
      And the port has a completion of operation 1, of 4 bytes, and no other

    @kernel
    Scenario: a send is pending until the other side has made room, and completes once, as a whole
      Given a connection on a completion port, under the key 7
      When a send of 16 MiB is started
      Then it is pending, and the port has nothing
      When the other side reads 16 MiB
      Then the port has a completion of operation 1, of 16777216 bytes, and no other

    @kernel
    Scenario: under Wine no kernel performs it: a process waits with epoll
      Given a connection on a completion port, under the key 7
      When a receive of 64 bytes is started
      Then it is pending, its buffer is as it was, and the port has nothing
      And the connection is in the epoll set of a process of Wine's

    @reference
    Scenario: each operation of a server has one completion, and every byte comes back
      Given the server of completion ports
      When a client resets its connection
      And 1 client, all at once, send 50 messages each, and get back every byte
      And 100 clients, all at once, send 5 messages each, and get back every byte
      And 1000 clients, all at once, send 1 messages each, and get back every byte
      And a client sends 2048 KiB at once, and gets back every byte
      And the server of completion ports is told to stop
      Then it has had one completion for each operation, and they are what the clients did

    @reference
    Scenario: the exercise that every server goes through
      Given the server of completion ports
      When it goes through the exercise, and every client has its answers
      And the server of completion ports is told to stop
      Then it has had one completion for each operation, and has let in every client

  @iocp.proactor-efficient @qualified @section-3.2 @iocp
  Rule: so on Windows a Proactor costs little: no call asks what is ready, none copies, and one call takes many completions
    That it is efficient can be measured on Windows only, and was not measured here: under Wine each step goes through
    another process, and our server answers some thousand messages a second where one that uses epoll answers ten times as
    many. What is shown is what the efficiency rests on: the server starts each operation with one call, hears of it with
    another, which it shares with whatever else has completed, and makes no call besides.

    @reference
    Scenario: the server starts operations and takes completions, and calls nothing else
      Given the server of completion ports, whose calls are recorded
      When 3 clients, all at once, send 10 messages each, and get back every byte
      And the server of completion ports is told to stop
      Then it started operations and took completions, and no call asked what is ready, or copied
      And it has had one completion for each operation, and they are what the clients did

    @reference @measured
    Scenario: with many clients, one call takes several completions
      Given the server of completion ports
      When 100 clients, all at once, send 10 messages each, and get back every byte
      And the server of completion ports is told to stop
      Then it took several completions with a call
