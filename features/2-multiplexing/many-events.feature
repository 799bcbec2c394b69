Feature: Many events from one call
  A multiplexer asks the kernel about many connections at once. What makes it cheap is that the answer, too, may be
  about many: the price of one system call is shared by all that have something to do.

  @mux.many-events-one-call @holds @section-2 @select @poll @epoll
  Rule: one call reports every connection that has something to do
    select leaves one bit standing per ready descriptor (`do_select`, fs/select.c), poll fills in `revents` of each
    ready entry (`do_poll`, same file), epoll_wait copies out as many entries of the ready list as the caller has room
    for (`ep_send_events`, fs/eventpoll.c). None of them stops at the first one found.

    With epoll the caller chooses how many events one call may bring. What did not fit is not lost: it stays on the
    ready list, and what was reported goes to its end, so a small room is shared fairly.

    @kernel
    Scenario: select, poll and epoll_wait each name all that are ready
      Given 40 connected pairs of sockets of which 7 have something to read
      When select, poll and epoll_wait are each called once on all of them
      Then every one of the three calls names those 7 and no other

    @kernel
    Scenario: epoll_wait brings no more than there is room for, and the rest with the next calls
      Given 40 connected pairs of sockets of which 7 have something to read
      When epoll_wait is called with room for 3 events, three times in a row
      Then the three calls bring 3 events each, and together they name all 7

    @server
    Scenario: a server is told of several clients at once
      Then some wait of the server reports several connections at once
