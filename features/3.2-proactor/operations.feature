Feature: Operations
  An operation is started by one and performed by another: by the kernel, or by a helper thread that blocks in the call
  meanwhile. It begins before anything has come, which is what a non-blocking call never does.

  @proactor.buffer-given-first @holds @section-3.2 @proactor @emulated-proactor
  Rule: the buffer is passed when the operation is started
    Its address is part of the operation; or the operation says that the kernel is to choose one, out of a ring of buffers
    that were given to it beforehand, so that an idle connection has none. Either way the buffer is there before the
    request is, and nobody may touch it meanwhile.

    A server that first asks whether there is something to read, and then starts to receive, gives its buffer late. It may
    use io_uring for both, and is a Reactor still.

    @server
    Scenario: a receive is under way when a client sends, and while nobody does
      Then a receive with its buffer is under way before a client sends

  @proactor.kernel-moves-data @holds @section-3.2 @proactor
  Rule: the system does the reading and writing, and then tells
    @server
    Scenario: operations of the kernel account for every byte that clients sent and got
      Then all bytes of clients are moved by operations of the kernel
