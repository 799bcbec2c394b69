Feature: Ten thousand connections
  C10K was the name of a problem: ten thousand clients on one machine, most of them idle, served by software that was made
  for hundreds.

  @epoll.scales @holds @section-2.2 @epoll
  Rule: epoll's speed hardly falls as connections grow
    What an idle connection costs is memory and a place in the interest list; no call passes by it. So the CPU time of a
    request stays nearly the same, whether nobody else is connected or ten thousand are. (Nearly: more connections mean
    more memory in use, and so more cache misses.) The same load with select and poll is in chapter 2.1, where each idle
    connection makes each request dearer; and side by side in the first scenario here.

    One sees some percent more, on a busy machine some tens of percent. The bound is set at twice, where no noise reaches;
    a scan would be at fifty times.

    @kernel @measured
    Scenario: serving fifty clients amid idle ones, with each of the three calls
      Given 50 active pairs of sockets, and up to 4000 idle event counters watched beside them
      When the active ones are served one request each, amid none and amid all of the idle ones, by each demultiplexer
      Then idle ones make a request at most 2 times as dear with epoll, and more than 10 times with select and with poll

    @reference @measured
    Scenario: a server's requests cost the same with 8000 idle clients
      Given an instance of the server with 0, 1000 and 8000 idle clients each, and 100 active ones
      Then a request costs at most 2 times as much with the most idle clients as with none

  @epoll.c10k @holds @section-2.2 @epoll
  Rule: epoll solves C10K
    One thread, one epoll instance, ten thousand connections: on today's machines that is no feat. Each connection costs
    the server a descriptor, some kilobytes of kernel memory for the socket, and what the program itself keeps for it,
    which the scenario reports. Half of the problem was elsewhere and is solved as well: descriptor limits that can be
    raised, and TCP buffers that grow only when used.

    @reference @measured
    Scenario: ten thousand clients at once, all of them alive
      When 10000 clients are connected to the server, and each of them sends 2 requests, all clients at once
      Then every answer is right, and the server holds all 10000 connections
      And when they have left, the server holds no more than before they came
