Feature: What scanning costs
  Asked about n descriptors, select and poll look at n descriptors, however few have anything to report. This is the price
  that made people look for something else.

  @poll.linear @holds @section-2.1 @select @poll
  Rule: select and poll scan linearly, so a call costs in proportion to what is watched
    `do_select` and `do_poll` (fs/select.c) ask every watched file for its state in every round. The cost of a call lies
    on a straight line over the number of descriptors; the slope is some tens of nanoseconds for an event counter, and two
    to four times as much for a TCP socket.

    @kernel @measured
    Scenario: a line fits the cost of select and of poll
      Given 4000 event counters of which only the last is ready
      When select, poll and epoll_wait are measured on 250, 500, 1000, 2000 and 4000 of them, the ready one included
      Then a line fits the costs of select and of poll, and both grow with the 0.8th to 1.2th power of the number watched

  @select.two-scans @holds @section-2.1 @select
  Rule: select needs two scans, one in the kernel and one in the program
    In the kernel `do_select` (fs/select.c) walks over all numbers from 0 to the highest one. What comes back is a count
    and a bitmap, so the program has to walk as well: test bit after bit until it has found as many as were counted. Both
    walks have the length of the highest *number*, ready or not, even watched or not: the kernel skips 64 unwatched
    numbers at a time, but it does pass them, and copies their bits in and out.

    @kernel @measured
    Scenario: the kernel's scan gets longer, though only one descriptor is ready
      Given 4000 event counters of which only the last is ready
      When select, poll and epoll_wait are measured on 250, 500, 1000, 2000 and 4000 of them, the ready one included
      Then select on 4000 costs more than 8 times as much as on 250, though both report one descriptor

    @kernel @measured
    Scenario: a high number makes a call dearer though nothing else is watched
      Given one ready event counter under the numbers 500, 5000, 10000 and 15000
      When select is measured on each of these numbers alone
      Then each higher number costs more than the one below it

    @kernel @measured
    Scenario: the program's scan walks to the highest number as well
      Given one ready event counter under the numbers 500, 5000, 10000 and 15000
      When select has reported each of these numbers alone and the program looks for it bit by bit
      Then it has made as many tests as the number says, and the highest costs it more than 8 times as much as the lowest

    @reference @measured
    Scenario: a server looks through all its connections to find the one that is ready
      Given 200 clients connected to a server that counts what it looks at
      When the one that came last sends 300 requests, and nobody else does anything
      Then by its own count the server looked at all the connections again for each of these requests

  @select.cost-explodes @refuted @section-2.1 @select @poll
  Rule: the cost of select and poll explodes, growing exponentially with concurrency
    It does not: it grows linearly, which is bad enough. Exponential would mean that every further thousand connections
    *multiply* the cost by the same factor; what one sees is that each *adds* the same amount.

    What people feel as an explosion is real, and it is a square. When n clients each send a request, and requests come
    one at a time, there are n calls which each look at n descriptors: the work of a round grows with n², and the cost of
    one request with n, while the answer to it stays as small as ever.

    @kernel @measured
    Scenario: a line fits the cost of a call, an exponential does not
      Given 4000 event counters of which only the last is ready
      When select, poll and epoll_wait are measured on 250, 500, 1000, 2000 and 4000 of them, the ready one included
      Then for select and for poll the best exponential is at least 2 times as far off as the best line

    @kernel @measured
    Scenario: an exponential that fits small numbers is absurd for large ones
      Given 4000 event counters of which only the last is ready
      When select, poll and epoll_wait are measured on 250, 500, 750, 1000 and 4000 of them, the ready one included
      Then from the first 4 a line foretells the cost at 4000 within a factor of 2, and an exponential is off by more than 5

    @kernel @measured
    Scenario: what does grow faster than the number of clients is the work of a round
      Given 800 pairs of sockets watched together
      When 50, 100, 200, 400 and 800 clients send one request each, one after the other, each found by select and by poll
      Then the cost of the whole round grows with the 1.6th to 2.2th power of the number of clients

    @reference @measured
    Scenario: in a server each idle client adds to the cost of a request, and does not multiply it
      Given an instance of the server with 0, 450 and 900 idle clients each, and 50 active ones
      Then idle clients make a request dearer, and the second half of them by a smaller factor than the first half
