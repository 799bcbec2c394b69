Feature: What tells connections apart
  Ten thousand clients of one server all connect to the same address and the same port. The kernel tells them apart by both
  ends.

  @c10k.four-tuple @holds @section-1.1
  Rule: a TCP connection is identified by local address, local port, remote address and remote port
    All four, and nothing else: they are the key of the table in which the kernel looks up each segment that arrives
    (`__inet_lookup_established`, net/ipv4/inet_hashtables.c). One element that differs is enough. A connection of which
    all four are those of another one is refused before a packet is sent: `EADDRNOTAVAIL` (`__inet_check_established`).

    @kernel
    Scenario Outline: connections that differ in <element> alone
      Given a client connected from an address and port of its own
      When another client connects with <element>, and all else the same
      Then 2 connections are there, whose ends differ in 1 of 4 elements
      And each carries bytes of its own

      Examples:
        | element                |
        | another client port    |
        | another client address |
        | another server port    |
        | another server address |

    @kernel
    Scenario: a fourth element that is the same as well
      Given a client connected from an address and port of its own
      Then another client that connects with nothing changed is refused with EADDRNOTAVAIL
      And each carries bytes of its own

  @c10k.server-end-fixed @holds @section-1.1 @every-server
  Rule: the server's own address and port are fixed, so only the client's vary
    Whoever wants to be found stays where he is. The connected socket that accept returns has the local end of the
    listener, and cannot be given another one. (A server that listens on all its addresses has as many fixed ends as
    addresses: each client still meets one.)

    @kernel
    Scenario: an accepted connection has the listener's end, and keeps it
      Given a listening socket with 200 clients, whose connections are all accepted
      Then all 200 connections have the listener's address and port as their local end, and 200 different remote ends
      And none of the connections can be bound to another end: EINVAL

    @server
    Scenario: a server meets all clients at one end
      Then the server meets all its clients at one address and port of its own

  @c10k.max-connections @qualified @section-1.1
  Rule: the number of connections to one port is bounded by client addresses times client ports, for IPv4 about 2^48
    Two elements vary: an address of 32 bits and a port of 16. One sees on a small scale that they multiply: every one of
    the addresses may use every one of the ports. But not every bit pattern is a client:

    - port 0 is none: it asks the kernel to choose one;
    - 0.0.0.0, multicast and broadcast addresses are nobody's source, 240.0.0.0/4 is reserved, and 0.0.0.0/8 and
      127.0.0.0/8 do not come from a network: 13 % of all addresses.

    And long before that the machine's memory ends: see the last Rules of this chapter. What does bind early is the other
    direction: *one* client address has at most 65 535 ports towards one server port, and 28 232 as Linux comes
    (`net.ipv4.ip_local_port_range`). A load generator or a proxy meets that bound.

    @kernel
    Scenario: the arithmetic
      Given an address and a port, as wide as they are in the kernel's struct sockaddr_in
      Then there are 281474976710656 pairs of them, which is 2^48
      And without port 0 and the addresses that are no client's there are 244087856824320

    @kernel
    Scenario: addresses and ports multiply
      Given a listening socket
      When clients connect from 8 addresses and from the same 25 ports of each
      Then 200 connections are there at once, from 8 addresses and 25 ports
      And each carries bytes of its own

    @kernel
    Scenario Outline: no client has the <end>
      Given a listening socket
      Then a client that asks for the <end> <gets>

      Examples:
        | end                     | gets                          |
        | port 0                  | is given another              |
        | address 0.0.0.0         | is given another              |
        | address 224.0.0.1       | is given another              |
        | address 255.255.255.255 | is given another              |
        | address 240.0.0.1       | is refused with EADDRNOTAVAIL |
