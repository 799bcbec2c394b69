Feature: memcached
  A cache for small values, in which threads share everything but their connections.

  @multi.memcached @qualified @section-3.1.3 @multi-reactor-threads @accept-main @epoll
  Rule: memcached is one of many reactors, with a thread each
    The main thread accepts and gives each connection to the next worker: it puts it into that worker's queue and writes to
    its eventfd (`dispatch_conn_new` in thread.c; a pipe before 1.6.6). The worker registers the connection with its own
    event loop and keeps it for life.

    There is one exception to *only accepts*. Who comes when all places are taken gets a line that says so, and that line
    is written by the main thread itself (`do_accept_new_conns` and `maxconns_fast` in memcached.c).

    @wild
    Scenario: one thread accepts, and every connection has one owner
      Given memcached with 4 threads, as Debian packages it
      When the exercise drives it
      Then by what it does it is: multi-reactor-threads, epoll, level, accept-main
      And its main thread hands each connection over, and gets nothing back
      And each connection is served by one thread, which waits for it, for life

    @wild
    Scenario: when all places are taken, the main thread itself writes the refusal
      Given memcached with room for 100 clients, as Debian packages it
      When 130 clients come and stay, and each asks for something
      Then some are refused, by a line that the accepting thread wrote
      And judged as accept-main it fails
