Feature: When the accept queue is full
  The text does not say what happens to a connection for which there is no room. Who runs a server should know: its clients
  do.

  @queue.backlog-bounds @holds @section-1
  Rule: the accept queue is bounded by the smaller of backlog and somaxconn, and what finds no room is dropped or reset
    listen(2) takes a backlog, cut to `net.core.somaxconn` (4096 since Linux 5.4, 128 before). The queue is full when it
    holds *more* than that (`sk_acceptq_is_full`, include/net/sock.h), so it holds one connection more.

    A client's SYN that finds the queue full is dropped without an answer (`tcp_conn_request`), and counted as
    `ListenOverflows` and `ListenDrops`; the client repeats it after 1, 3, 7 … seconds and gets in when there is room:
    seen from outside, a slow server. If the queue became full during the handshake, the client's last acknowledgement is
    dropped. Then the client is ESTABLISHED with a server that does not know of it. With `net.ipv4.tcp_abort_on_overflow`
    set, it is reset instead (`tcp_check_req`, net/ipv4/tcp_minisocks.c).

    @kernel
    Scenario: backlog and one more are let in, the next is not
      Given a listener with backlog 3 in a network of its own
      When 4 clients connect
      And another client begins to connect
      Then its SYN is counted as an overflow, and it stays in SYN_SENT
      And the accept queue is bounded by 3 and holds 4 connections

    @kernel
    Scenario: somaxconn bounds the backlog
      Given a network of its own where somaxconn is 2
      And a listener with backlog 100 in it
      When 3 clients connect
      And another client begins to connect
      Then its SYN is counted as an overflow, and it stays in SYN_SENT
      And the accept queue is bounded by 2 and holds 3 connections

    @kernel
    Scenario: who was dropped is let in when there is room
      Given a listener with backlog 3 in a network of its own
      When 4 clients connect
      And another client begins to connect
      And its SYN is counted as an overflow, and it stays in SYN_SENT
      And a connection is accepted
      Then the client that was dropped is let in

    @kernel
    Scenario: a last acknowledgement that finds the queue full is dropped, and the client believes it is connected
      Given a listener with backlog 3 in a network of its own where tcp_abort_on_overflow is 0
      And a deaf client connects
      And its connection is in SYN_RECV at the server, and in SYN_SENT at the client
      When 4 clients connect
      And the client hears again
      Then it is ESTABLISHED, its acknowledgement is counted as an overflow, and at the server it is still in SYN_RECV
      And the accept queue is bounded by 3 and holds 4 connections

    @kernel
    Scenario: with tcp_abort_on_overflow it is reset
      Given a listener with backlog 3 in a network of its own where tcp_abort_on_overflow is 1
      And a deaf client connects
      And its connection is in SYN_RECV at the server, and in SYN_SENT at the client
      When 4 clients connect
      And the client hears again
      Then it is reset with ECONNRESET, and the server has forgotten it
