Feature: Two kinds of socket
  A server has one socket at which clients arrive, and one for each client that has arrived. Only the second kind carries
  data.

  @socket.two-kinds @holds @section-1
  Rule: the listening socket and the socket that carries data are two objects
    `accept` does not turn the listening socket into a connection: it returns a new descriptor, of a new socket with an
    inode of its own (`inet_csk_accept`, net/ipv4/inet_connection_sock.c; accept(2)). The listener goes on listening, and
    `SO_ACCEPTCONN` tells the two apart.

    @kernel
    Scenario: accept returns another socket than the one it was called on
      Given a listening socket, and a client's connection that was accepted at it
      Then the connection has another descriptor and another inode than the listener
      And SO_ACCEPTCONN is 1 on the listener and 0 on the connection

    @kernel
    Scenario: what the client sends arrives at the connection and not at the listener
      Given a listening socket, and a client's connection that was accepted at it
      When the client sends 100 bytes
      Then poll reports the connection and not the listener, and the connection gives those 100 bytes

  @socket.connect-makes-socket @holds @section-1
  Rule: once a socket listens, each client that connects makes a new one, so one listener serves many
    The kernel makes the new socket when the handshake is finished, before anybody has called accept
    (`tcp_v4_syn_recv_sock`, net/ipv4/tcp_ipv4.c); accept gives it a descriptor.

    @kernel
    Scenario: as many sockets as clients, and one listener
      Given a listening socket with 200 clients, whose connections are all accepted
      Then there are 200 connected sockets with 200 inodes, and one listening socket on the port
      And every client is sent 8 bytes that only it is meant to get, and answers with them

    @kernel
    Scenario: without listen nothing is made
      Given a socket that is bound to a port and does not listen
      Then a client that connects to it is refused with ECONNREFUSED, and the port has no connection

  @socket.one-port-many-connections @holds @section-1
  Rule: one local port carries many TCP connections at the same time
    The port belongs to the listener, and each connection has it as its local port as well. What tells them apart is the
    other end: see chapter 1.1.

    @kernel
    Scenario: all connections share the server's address and port
      Given a listening socket with 200 clients, whose connections are all accepted
      Then all 200 connections have the listener's address and port as their local end, and 200 different remote ends
      And every client is sent 8 bytes that only it is meant to get, and answers with them

  @socket.data-on-connected @holds @section-1 @every-server
  Rule: once a connection is accepted, all data goes through its own socket
    The listener has no peer, so there is nothing to read from it and nowhere to write to: `ENOTCONN` and `EPIPE`
    (`tcp_recvmsg_locked` and `tcp_sendmsg_locked`, net/ipv4/tcp.c). Its readiness means that somebody has arrived. A
    server that treats it as one more connection gets an error for each client that comes.

    @kernel
    Scenario: the listener refuses to be read and written, whatever its connections carry
      Given a listening socket, and a client's connection that was accepted at it
      When the client sends 100 bytes
      Then a read of the listener fails with ENOTCONN and a write to it with EPIPE
      And the connection can be read and written

    @server
    Scenario: a server reads and writes connections only
      Then no call of the server reads or writes a listening socket
