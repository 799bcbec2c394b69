Feature: Replies that do not fit
  The kernel's buffers hold some hundred KiB, or a few MiB. What is more has to wait until the client has read.

  @server.delivers-big-replies @holds @section-beyond @every-server
  Rule: a reply larger than the buffers reaches a slow reader whole
    A write to a non-blocking socket takes what fits, and says how much that was; the next one says EAGAIN. The rest is the
    server's to keep, and to send when the socket is reported writable, for which it asks now, and not before (see
    server.no-busy-loop). A server that does not look at what write returns loses the rest, though only of replies larger
    than the buffers, and only with clients that read slowly: not on the machine of whoever wrote it. A blocking write
    does not return before all is taken; then it is the thread that waits.

    @load
    Scenario: a reply of 6 MiB to a client that reads it late and in sips
      Given a client that asks for 6 MiB and reads nothing until the reply fills the buffers
      Then others are served meanwhile
      And it reads in sips, and the reply is whole
      And what it asks next is answered, too
