Feature: How many an instance can watch
  @epoll.fd-limit-only @qualified @section-2.2 @epoll
  Rule: the number of sockets is bounded by the descriptor limit only
    So it is for one instance in common use: no 1024, and no array that grows. But there is a second bound. Registrations
    take kernel memory, and so each *user* may have `fs.epoll.max_user_watches` of them over all instances
    (epoll(7); `ep_insert` in fs/eventpoll.c answers ENOSPC, since Linux 2.6.28). The default is what fits into 4 % of
    low memory: about a million for 4 GiB. A process meets the descriptor limit first, unless it registers each
    descriptor with many instances, or the administrator has lowered the allowance.

    And it is registrations that count against it, not descriptors: a descriptor counts once per instance.

    @kernel
    Scenario: far more than 1024 in one instance
      Given an epoll instance that watches 8000 event counters
      When every thousandth of them becomes ready
      Then that instance reports those 8 and no other

    @kernel
    Scenario: registrations are not bounded by the number of descriptors
      Given 8000 event counters, and as many epoll instances as make their registrations exceed the descriptor limit
      When every instance watches every counter
      Then all registrations succeed

    @kernel
    Scenario: a user has an allowance of registrations
      Given a user whom nobody else is, and epoll instances that are this user's
      When registrations are made until one fails
      Then it fails with ENOSPC, after as many as fs.epoll.max_user_watches allows
