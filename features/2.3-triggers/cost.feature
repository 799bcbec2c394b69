Feature: What edge-triggered saves, and what it costs
  "Edge-triggered is more efficient, because it saves calls of epoll_wait": how many calls, and are they what costs? Here
  both triggers serve the same work, call by call, in one thread. A round brings one message on each of 32 connections
  and is over when all is read.

  @trigger.edge-fewer-waits @qualified @section-2.3 @epoll @edge @level
  Rule: edge-triggered makes fewer epoll_wait calls, hence is usually more efficient
    It depends on whether one read is enough.

    * *A buffer that holds what comes* — the usual case: both triggers make the same calls, to the last one. There is
      nothing to save. (Level-triggered, the kernel puts each item back and asks the socket once more in the next wait:
      some tens of nanoseconds per report.)
    * *Small reads*: level-triggered makes a report per read, edge-triggered one per message. With a sixteenth of the
      message per read that is sixteen times the reports and sixteen times the waits. Of the CPU time it is much less
      than a sixteenth, for one wait fetches the reports of all connections, and the reads are the same.
    * *One read is enough, yet one reads on to `EAGAIN`*, as the text advises: now it is edge-triggered that makes the
      additional calls, a useless read per message, and it costs more than it saves. On a stream a short read already
      tells that nothing is left: see epoll(7).

    The calls are counted and asserted. The CPU time of the serving thread is measured in turn, level and edge, round by
    round, and told; how much a call costs depends on the machine.

    @kernel @measured
    Scenario: with a buffer that holds the message both make the same calls
      Given 32 connections that bring messages of 64 bytes, and a server with a buffer of 4096 bytes
      When 40 rounds are served, level-triggered by one read per report, edge-triggered until a short read
      Then the calls made are
        |       | waits | reports | reads |
        | level | 40    | 1280    | 1280  |
        | edge  | 40    | 1280    | 1280  |
      And the cost of edge relative to level is told

    @kernel @measured
    Scenario: with small reads level-triggered makes sixteen times the reports
      Given 32 connections that bring messages of 4096 bytes, and a server with a buffer of 256 bytes
      When 40 rounds are served, level-triggered by one read per report, edge-triggered until a short read
      Then the calls made are
        |       | waits | reports | reads |
        | level | 640   | 20480   | 20480 |
        | edge  | 40    | 1280    | 21760 |
      And the cost of edge relative to level is told

    @kernel @measured
    Scenario: where one read is enough, reading on to EAGAIN doubles the reads
      Given 32 connections that bring messages of 64 bytes, and a server with a buffer of 4096 bytes
      When 40 rounds are served, level-triggered by one read per report, edge-triggered until EAGAIN
      Then the calls made are
        |       | waits | reports | reads |
        | level | 40    | 1280    | 1280  |
        | edge  | 40    | 1280    | 2560  |
      And the cost of edge relative to level is told
