Feature: Descriptors that are used again
  The number of a descriptor that is closed is given to the next one that is opened: the kernel always takes the lowest that
  is free. What a server remembers by number alone it may remember of somebody else.

  @server.no-stale-events @holds @section-beyond @every-server
  Rule: an event for a closed descriptor never reaches the connection that reuses its number
    One wait may report many descriptors. If the handling of one closes another, or closes its own while something is still
    to come for it (an event that was put off, a result from a worker), and a new client is accepted in between, then what
    is left over finds the new client under the old number: it is hung up on, or is sent another one's reply. It takes a
    crowd that leaves and comes at the same moment, so it is hardly ever seen in tests, and hardly ever understood in
    production.

    Here the moment is made: the server is stopped (SIGSTOP) while some clients ask and hang up or reset, others come, and
    all ask. When it goes on (SIGCONT) it has all that in one batch. Each client's answer is like no other. A server is safe
    that accepts before it closes, or after it has handled all of the batch, or that remembers more than the number.

    @load
    Scenario: clients leave while others come, and the server learns of all that at once
      Given 8 clients that are about to leave, and 2 that stay
      When 3 times the server stands still while 8 clients ask and leave and as many come and ask
      Then each client that is there gets its own answers and no other, and keeps its connection
