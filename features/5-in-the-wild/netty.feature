Feature: Netty
  A framework for network programs in Java. What the program says decides which scheme it is.

  @multi.netty @qualified @section-3.1.3 @multi-reactor-threads @single-reactor @accept-main @epoll
  Rule: Netty is one of many reactors, with a thread each
    An event loop is a thread with a selector (on Linux: an epoll instance), and a group is several of them. A program
    gives `ServerBootstrap` two groups: the boss group has the listener, the worker group the connections, which are
    dealt out in turn and stay where they are. Loops of the worker group start when they get their first connection. That
    is the scheme with main and sub-reactors.

    But nothing forces a program to have two groups. With one group of one thread for both it is a single reactor, with the
    same handlers.

    @wild
    Scenario: with a boss and a worker group
      Given Netty with a boss group and a worker group, as Debian packages it
      When the exercise drives it
      Then by what it does it is: multi-reactor-threads, epoll, level, accept-main
      And one thread accepts and touches no client
      And each connection is served by one thread, which waits for it, for life

    @wild
    Scenario: with one group for both
      Given Netty with one group for both, of one thread, as Debian packages it
      When the exercise drives it
      Then by what it does it is: single-reactor, epoll, level
      And judged as multi-reactor-threads it fails
