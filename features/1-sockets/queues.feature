Feature: Where connections wait
  Between the client's first segment and the server's accept a connection waits twice: half-open, until the handshake is
  finished, and then finished, until accept is called.

  Everything here happens in a network of its own, where nobody else's packets are. A client is made deaf by a socket
  filter that drops whatever arrives: so it never sees the server's answer, and the handshake stays unfinished.

  @queue.half-open @holds @section-1
  Rule: a connection whose handshake is unfinished waits half-open, in SYN_RECV
    The kernel answers the client's SYN and keeps a `request_sock`, a tenth of the size of a socket, until the client
    acknowledges (`tcp_conn_request`, net/ipv4/tcp_input.c). To /proc/net/tcp and to sock_diag this is a socket in
    SYN_RECV without an inode. It is not in the accept queue, and accept does not return it.

    @kernel
    Scenario: a handshake that the client does not finish
      Given a listener with backlog 8 in a network of its own
      When a deaf client connects
      Then its connection is in SYN_RECV at the server, and in SYN_SENT at the client
      And the accept queue is empty, and accept says EAGAIN

    @kernel
    Scenario: when the handshake is finished after all, the connection changes its queue
      Given a listener with backlog 8 in a network of its own
      And a deaf client connects
      And its connection is in SYN_RECV at the server, and in SYN_SENT at the client
      When the client hears again
      Then 1 connection comes into the accept queue, and none is in SYN_RECV
      And accept returns that client's connection

  @queue.completed @holds @section-1
  Rule: a connection whose handshake is finished waits, ESTABLISHED, until accept takes it
    The server's program has no part in the handshake: it is the kernel that answers. So a client may be connected, and
    may have sent its request, to a server that is busy with something else. (Such a connection has a socket already, but
    no file: its inode is shown as 0.) The length of the queue is told by `ss -lt` in the column Recv-Q, by sock_diag, and
    by the listener's own `TCP_INFO`.

    @kernel
    Scenario: clients are connected before anybody accepts
      Given a listener with backlog 8 in a network of its own
      When 3 clients connect
      Then all clients are ESTABLISHED, and so are 3 connections at the server, which no process has
      And the accept queue holds 3 connections

    @kernel
    Scenario: what they send meanwhile is kept
      Given a listener with backlog 8 in a network of its own
      When 3 clients connect
      And each client sends its number
      Then each connection gives its client's number when it is accepted

  @queue.per-listener @qualified @section-1
  Rule: the kernel keeps both queues for each listening socket
    Of the accept queue this is true: it is a list that hangs on the listening socket (`icsk_accept_queue`), with a bound
    of its own, and it dies with it.

    Of half-open connections only the *count* is kept for each listener, and bounded by its backlog. They themselves have
    been in the one hash table of all connections since Linux 4.4 (commit 079096f103fa, `inet_csk_reqsk_queue_hash_add`):
    so that the acknowledgement that ends a handshake finds its request without a lock on the listener. One sees it when
    the listener is closed. The accept queue is gone at once, its clients are reset; a half-open connection outlives the
    listener, until its next timer finds that there is nobody to go to.

    @kernel
    Scenario: two listeners' accept queues fill independently
      Given listeners with backlogs 1 and 4 in a network of its own
      When 2 clients connect to the first and 3 to the second
      Then the accept queues hold 2 of 2 and 3 of 5 connections
      And one more client of the first is not let in, and one more of the second is

    @kernel
    Scenario: two listeners count their half-open connections independently
      Given listeners with backlogs 3 and 6 in a network of its own
      And no SYN cookies are given
      When 12 deaf clients connect to each
      Then 4 of them are half-open at the first, and 7 at the second

    @kernel
    Scenario: half-open connections do not live in the listener
      Given a listener with backlog 8 in a network of its own
      When 2 clients connect
      And a deaf client connects, and the listener is closed while it is half-open
      Then the connections that were finished are gone and their clients reset, but the half-open one is still there

  @queue.accept-takes-one @holds @section-1
  Rule: accept takes one connection out of the queue, the one that was finished first, and waits when there is none
    `inet_csk_accept` takes the head of the list (`reqsk_queue_remove`). The order is that in which handshakes were
    *finished*, not begun. On an empty queue accept sleeps; on a non-blocking listener it says EAGAIN.

    @kernel
    Scenario: one at a time, in order
      Given a listener with backlog 8 in a network of its own
      When 5 clients connect
      Then 5 calls of accept return them in that order, and the queue is shorter by one after each
      And accept says EAGAIN

    @kernel
    Scenario: it is the end of the handshake that counts
      Given a listener with backlog 8 in a network of its own
      And a deaf client connects
      And its connection is in SYN_RECV at the server, and in SYN_SENT at the client
      When 2 clients connect
      And the client hears again
      Then 3 connections come into the accept queue, and none is in SYN_RECV
      And accept returns the client that was deaf as the last

    @kernel
    Scenario: on an empty queue a blocking accept sleeps until somebody comes
      Given a listener with backlog 8 in a network of its own
      And a thread that calls accept on it, blocking
      When the thread sleeps in accept
      And 1 client connects
      Then the thread's accept has returned that client's connection, and the queue is empty
