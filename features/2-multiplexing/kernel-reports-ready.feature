Feature: Ask the kernel first
  @mux.kernel-reports-ready @holds @section-2 @select @poll @epoll
  Rule: the process hands its descriptors to the kernel, learns which have events, and handles those
    So a thread sleeps in one place only, the wait, and never in a read that waits for one client. Every read of a
    connection follows a report that names it. Two habits of good servers are in keeping with that: to read until there is
    no more after one report, and to read once right after accept, without blocking, because the request often came with
    the connection.

    The converse belongs to it: what is reported must be handled, or a level-triggered wait reports it for ever.

    @server
    Scenario: each read follows a report about the same connection
      Then every read of a connection follows a report that names it, and what is reported is handled
