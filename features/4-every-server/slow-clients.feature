Feature: Clients that take their time
  A request comes in as many pieces as the network likes, and the next piece may be a minute away.

  @server.isolates-slow-client @qualified @section-beyond @every-server
  Rule: half a request delays nobody else
    A read gives what has come, and that may be half a request. A server that then reads on until the request is whole
    has put itself into the hands of one client: a reactor serves nobody meanwhile. It has to keep the half, and go back to
    where it waits for everybody.

    The condition is that somebody is left to wait. Where a client has a process or a thread to itself, half a request
    costs just that one, which is what these models are for; in a pool it costs one of a bounded number, and when as many
    clients have sent half a request as there are workers, the pool has run dry: all others wait, until one of them goes
    on. That is how a few slow clients stop a server with a pool, and why such servers stand behind a proxy, or set
    deadlines. Helpers that receive for an emulated Proactor are such a pool.

    @load
    Scenario: a few clients with half a request each
      Given 3 clients that have each sent half a request, which the server has read
      When 5 others come and ask
      Then the others are answered, while the half requests wait
      And who sends the other half is answered, and leaves, and in the end everybody was answered

    @reference
    Scenario: more of them than any pool has workers
      Given 140 clients that have each sent half a request, over which the server has gone to sleep
      When 1 more comes and asks
      Then it is answered, except by a pool: there it waits for somebody to leave
      And who sends the other half is answered, and leaves, and in the end everybody was answered
