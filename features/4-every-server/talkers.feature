Feature: Clients that never stop
  A reactor that drains a connection before it looks at the next one assumes that there is an end to drain to.

  @server.is-fair @holds @section-beyond @every-server
  Rule: one client that never stops talking does not starve the others
    "Read until EAGAIN" is what edge-triggered mode asks for, and it is right only with a bound: as long as one client sends
    faster than it is answered, EAGAIN never comes, and everybody else waits behind it. The bound is a number of bytes, or of
    requests, per turn; what is left over has to be remembered, since an edge is not reported twice, and its turn comes
    again after everybody else's. The same holds for accepting, and for a reply that is produced as fast as it is taken.
    Processes and threads of their own are kept fair by the kernel.

    No time is asserted, but an order: when the other client asks, some MiB of the talker's requests have come already. A
    fair server answers after a turn or two; one that stays with the talker, when all of that is worked off, or never. On a
    busy machine a turn may be late, so most answers have to be in time, not all.

    @load
    Scenario: 10 requests of another client, amid requests without end
      Given a client that never stops asking, and whose requests pile up
      When another one asks 10 times, each time when it has its answer
      Then most of its answers come before the server has worked off what the talker had sent by then
