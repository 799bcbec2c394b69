Feature: The ready list
  epoll does not go and ask the files. A file that something happens to tells epoll.

  @epoll.ready-list @holds @section-2.2 @epoll
  Rule: a callback puts a descriptor on the ready list when something happens, and a wait returns only those
    Registration leaves an entry in the wait queue of the file: when data arrives, the wake-up runs `ep_poll_callback`,
    which hangs the registration at the end of the ready list, `rdllist`. `epoll_wait` takes from that list and from
    nothing else (`ep_send_events`, all in fs/eventpoll.c).

    A list that is filled by events shows in the order of the answer: it is the order of arrival. A scan would answer in
    its own order, by number or by place in the set, whatever came first.

    @kernel
    Scenario: of many watched, a wait returns exactly those with something to do
      Given 2000 sockets watched by one epoll instance
      When 37 of them, chosen at random, get something to read
      Then one wait returns exactly those 37

    @kernel
    Scenario: they come in the order in which it happened
      Given 2000 sockets watched by one epoll instance
      When 37 of them, chosen at random, get something to read
      Then the wait lists them in the order in which they got it, which is not the order of their numbers

    @kernel
    Scenario: with nothing to do for any, a wait returns nothing
      Given 2000 sockets watched by one epoll instance
      Then one wait returns no event

  @epoll.no-scan @holds @section-2.2 @epoll
  Rule: epoll_wait does not scan the watched set
    Its cost depends on what is ready and not on what is watched: `ep_poll` looks at the ready list only (fs/eventpoll.c).
    The three calls are measured in turn, in one run, on the same descriptors of which one is ready. While select and poll
    get dearer in proportion, epoll_wait stays where it is.

    The price is paid elsewhere. Each registration is a system call of its own, and each event runs a callback. With few
    connections, all of them busy, epoll has no advantage.

    @kernel @measured
    Scenario: sixteen times as many watched, one ready
      Given 4000 quiet event counters and one that is ready
      When the cost of one call is taken on the last 250 of them and on all 4000, for each demultiplexer in turn
      Then epoll_wait costs at most 2 times as much on the large set, and select and poll more than 8 times as much

    @kernel @measured
    Scenario: what epoll_wait's cost does depend on is how many are ready
      Given 4000 event counters watched by one epoll instance
      When the cost of a wait is taken with 1, 10, 100 and 1000 ready ones besides
      Then 1000 ready ones cost more than 50 times as much as 1
