Feature: The interest list lives in the kernel
  select and poll are told everything anew in each call. epoll is told once: an instance is an object in the kernel which
  keeps the *interest list*, the descriptors that somebody registered with it.

  @epoll.interest-kept-in-kernel @holds @section-2.2 @epoll
  Rule: epoll keeps the watched set in the kernel, and a change passes one descriptor
    `epoll_ctl` names one descriptor, and its registration stays until it is deleted or the file behind it is closed for
    good. A wait brings nothing but room for the answer. What an instance holds can be read by anybody who may look at
    the process: `/proc/PID/fdinfo/EPFD` has a line `tfd:` for each registration (`ep_show_fdinfo`, fs/eventpoll.c, since
    Linux 3.8).

    @kernel
    Scenario: fdinfo lists what was registered
      Given an epoll instance with 50 registered sockets
      Then its fdinfo lists exactly these 50

    @kernel
    Scenario: each change alters one registration and leaves the others alone
      Given an epoll instance with 50 registered sockets
      When one is deleted, one is changed to EPOLLOUT and one new socket is added
      Then its fdinfo has lost the first, shows the second with its new events, lists the third, and is otherwise unchanged

    @kernel
    Scenario: waiting neither takes nor changes the set
      Given an epoll instance with 50 registered sockets
      When one of them gets something to read and the instance is waited on 3 times
      Then every wait reports that socket, and the fdinfo is the same as before

    @server
    Scenario: a server adds each connection once, and names none when it waits
      Then the server registers each connection once, and again only to change something

  @epoll.red-black-tree @holds @section-2.2 @epoll
  Rule: the interest list is a red-black tree, so a change costs the logarithm of its size at most
    The tree hangs on `struct eventpoll` as `rbr`; `ep_rbtree_insert` and `ep_find` walk down from its root, comparing
    first the address of the open file and then the descriptor's number (`ep_cmp_ffd`, fs/eventpoll.c). The size that
    `epoll_create` asks for is ignored since Linux 2.6.8: a tree grows by itself. Ten thousand registrations are about 14 steps.

    The order of the tree can be seen. fdinfo lists the registrations by walking the tree from left to right. Descriptors
    that are duplicates of one file differ by their number alone, so they are listed in ascending order, in whatever order
    they were added: as a sorted tree has it, and a list or a hash table has not.

    @kernel
    Scenario: fdinfo lists duplicates of one file in the order of their numbers
      Given 500 duplicates of one socket, added to an epoll instance in shuffled order
      Then its fdinfo lists them in ascending order

    @kernel
    Scenario: it stays sorted when members go and come back
      Given 500 duplicates of one socket, added to an epoll instance in shuffled order
      When 200 of them, chosen at random, are deleted and half of those are added again
      Then its fdinfo lists the 400 that are left in ascending order

    @kernel @measured
    Scenario: a change costs hardly more in a large set than in a small one
      Given epoll instances that watch 100, 1000 and 10000 event counters
      When deleting and adding one, and changing one, are measured in each of them
      Then a hundredfold set makes neither more than 3 times as dear
