Feature: What can be done, and what has been done
  Both patterns dispatch events to handlers. A Reactor's event says that something can be done now, and the handler does
  it. A Proactor's says that it has been done. The first is non-blocking and synchronous, the second asynchronous.

  @proactor.reactor-is-sync @holds @section-3.2 @single-reactor @single-reactor-threads @single-reactor-processes @multi-reactor-single @multi-reactor-threads @multi-reactor-processes
  Rule: a Reactor is synchronous: it is told that a client is ready, and then its own code reads, with a call that does not block
    "Synchronous" is meant of the copying: the bytes come into the program's memory while a thread of the program is in
    the call that asks for them. "Non-blocking" is meant of that call: it takes what is there, or says EAGAIN.

    In a recording one sees it in the sums. The reads of a connection bring as many bytes as its client sent. Bytes that
    come by no call were brought by somebody else.

    @server
    Scenario: the server's reads account for every byte, and none of them can block
      Then everything that clients send is read by calls that do not block

  @proactor.is-async @holds @section-3.2 @proactor
  Rule: a Proactor is asynchronous: it is told that the read has completed, and the data are already in its buffer
    On Linux it takes io_uring. The server submits what it wants done; no accept, read, write or epoll call of its own
    ever touches a client.

    When the buffer is filled depends on how the ring was set up, and "already there when one is told" holds in each case.
    By default it happens when the thread passes through the kernel, to which it is made to come. With SQPOLL a thread of
    the kernel's does it. With DEFER_TASKRUN, which costs least, it is done inside the very call by which the thread asks
    what has completed: bytes have then arrived at the socket long before they are in the buffer.

    @server
    Scenario: operations are submitted, and no call accepts, reads, writes or asks for readiness
      Then the kernel is given operations on clients, and no call touches them

    @kernel
    Scenario: by default the buffer is filled with no call on the ring
      Given a thread with a ring of the default kind, and a connection
      When it starts to receive from the connection
      Then nothing has completed, and the buffer is as it was
      When the client sends "hello"
      Then a completion of 5 bytes is there, with no further call on the ring
      And the buffer holds "hello"

    @kernel
    Scenario: with SQPOLL it is filled by a thread of the kernel's
      Given a thread with a ring of the SQPOLL kind, and a connection
      When it starts to receive from the connection
      Then nothing has completed, and the buffer is as it was
      When the client sends "hello"
      Then a completion of 5 bytes is there, with no further call on the ring
      And the buffer holds "hello"

    @kernel
    Scenario: with DEFER_TASKRUN it is filled inside the thread's own call
      Given a thread with a ring of the DEFER_TASKRUN kind, and a connection
      When it starts to receive from the connection
      And the client sends "hello"
      And those 5 bytes have arrived at the socket
      Then nothing has completed, and the buffer is as it was
      When the thread enters the ring
      Then a completion of 5 bytes is there, with no further call on the ring
      And the buffer holds "hello"

  @proactor.is-async-emulated @holds @section-3.2 @emulated-proactor
  Rule: an emulated Proactor is asynchronous for its handlers alone: helper threads make the same calls as ever, and block in them
    It has the interface of a Proactor: operations are started, completions are dispatched. What performs them is threads
    of the program's own. So it costs a thread for each operation that is under way.

    @server
    Scenario: accept, read and write block, and nobody asks for readiness
      Then helper threads block in accept, read and write

  @proactor.both-dispatch-events @holds @section-3.2 @single-reactor @single-reactor-threads @single-reactor-processes @multi-reactor-single @multi-reactor-threads @multi-reactor-processes
  Rule: both dispatch events, and a Reactor's event is that something is to be done: first the event, then the data
    @server
    Scenario: a report of the client comes before its request is read
      Then each request is reported, then read, then answered

  @proactor.both-dispatch-events-done @holds @section-3.2 @proactor @emulated-proactor
  Rule: both dispatch events, and a Proactor's event is that something has been done: first the data, then the event
    The handler of the protocol is the same code in both: it is given bytes and gives bytes, and does not see who moved
    them.

    @server
    Scenario: a receive has completed before the server acts on the request
      Then each request is received by an operation, and then answered

    @reference
    Scenario: the handler is the one that the reactors have, and gives the same answers
      Given a client of the server
      When it has the conversation that it has with every server
      Then the answers are, byte for byte, those that the handler gives
