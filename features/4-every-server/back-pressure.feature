Feature: Clients that do not read
  Who asks and does not take the answers makes them pile up somewhere.

  @server.pushes-back @holds @section-beyond @every-server
  Rule: a client that never reads does not make the server's memory grow without bound
    The answers fill the client's receive buffer, then the server's send buffer. A server that reads on has to keep all
    further answers itself, as many as the client likes to ask for: one client can take all of its memory. One that stops
    reading this client lets its requests fill the server's receive buffer and the client's send buffer; then the client's
    own send does not go on, and that is where the pressure belongs. Nothing needs to be said for it in any protocol: TCP
    carries it.

    What the kernel can hold is bounded by net.ipv4.tcp_rmem and tcp_wmem, so a server that takes more than those bounds
    together keeps it itself, or throws it away. Redis takes everything for a client of this kind, unless
    client-output-buffer-limit is set, and says so in its configuration: it prefers never to stop reading.

    @load
    Scenario: requests without end, and nobody who reads the answers
      Given a client that sends requests on and on, and never reads
      Then the server takes only so much, and then leaves the rest to the client
      And others are served while it does not read
      And when it reads at last, every answer is there
