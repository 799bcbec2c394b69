Feature: A small room is shared fairly
  epoll_wait takes no more events than its caller has room for. What becomes of the rest?

  @epoll.maxevents-is-fair @holds @section-beyond @epoll
  Rule: when more is ready than maxevents, waits go round robin
    `ep_send_events` takes items from the head of the ready list. A level-triggered one goes to the tail again; what did
    not fit keeps its place at the head. So a wait with room for three reports everybody once before it reports anybody
    twice, and no loud connection starves a quiet one: see also epoll_wait(2). Which makes a small maxevents harmless,
    except for the additional calls.

    @kernel
    Scenario: level-triggered, nobody is reported twice before all were reported once
      Given 10 sockets with unread bytes, watched for EPOLLIN by one instance
      When 10 waits have room for 3 events each
      Then each wait reports 3 sockets, each socket is reported 3 times, and any 10 reports in a row from the first on name all

    @kernel
    Scenario: edge-triggered, each is reported once, in as many waits as it takes
      Given 10 sockets with unread bytes, watched for EPOLLIN|EPOLLET by one instance
      When 5 waits have room for 3 events each
      Then the waits report 3, 3, 3, 1, 0 sockets, and no socket twice

    @kernel
    Scenario: the first becomes ready again and again, and still waits its turn
      Given 10 sockets with unread bytes, watched for EPOLLIN|EPOLLET by one instance
      When before each of 4 waits with room for 3 events more bytes arrive at the first socket
      Then all 10 sockets have been reported
