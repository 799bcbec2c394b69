Feature: Redis
  A server of data structures in memory, and the example of nearly every text for how far one thread goes.

  @single.redis-before-6 @qualified @section-3.1.1 @single-reactor @single-reactor-threads
  Rule: Redis before 6.0 is a single reactor in a single process
    It was, and it still is where nobody has switched on more: one thread (`aeMain` in ae.c) waits on one epoll instance,
    accepts, reads, executes and answers. It never was alone. A process of Redis has threads for closing files, for
    `fsync` and for freeing memory (bio.c), and a background save is a *fork*, whose child writes memory to disk. Neither
    touches a client, so what counts are the threads that do client I/O, not how many threads or processes there are.

    Since 6.0 (2020) `io-threads` has further threads *read, parse and write* for the one reactor, when at least twice as
    many clients as threads are waiting (`stopThreadedIOIfNeeded` in networking.c); nothing is handed over by a system
    call, the lists are passed in memory. Commands are executed by one thread as ever: while it works, nobody is served.

    @wild
    Scenario: with one I/O thread, one thread does everything for clients
      Given redis with io-threads 1, as Debian packages it
      When the exercise drives it
      Then by what it does it is: single-reactor, epoll, level
      And of its threads, which are several, one touches clients

    @wild
    Scenario: a background save is another process, and touches no client
      Given redis with io-threads 1, as Debian packages it
      When a client asks for a background save, and the exercise drives it
      Then a process was made that has no part in any client's connection
      And of its threads, which are several, one touches clients

    @wild
    Scenario: with four, others read and write for the one that waits
      Given redis with io-threads 4, as Debian packages it
      When the exercise drives it
      Then judged as single-reactor it fails
      And by what it does it is: single-reactor-threads, epoll, level
      And its kind of that is: I/O threads read or write for the reactor

    @wild
    Scenario: with four, a command that computes keeps everyone waiting all the same
      Given redis with io-threads 4, as Debian packages it
      When one client's script computes, and the requests of 3 others have arrived meanwhile
      Then none of the others is answered before the script is
