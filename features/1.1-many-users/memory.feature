Feature: What connections take
  @c10k.connection-costs-memory @holds @section-1.1
  Rule: each connection holds kernel memory
    A socket that nobody talks to holds a `struct tcp_sock` (whose size /proc/net/protocols tells), an inode, a file and a
    directory entry: some kilobytes. Buffers cost only what lies in them. So the cost of idle connections is linear and
    low, and it is data that is not read or not acknowledged which makes connections dear: up to `tcp_rmem` and `tcp_wmem`
    for each.

    Two things are shown of an idle connection: what the sockets alone take, *computed* as their number times the size of
    the structure, both told by the kernel for a network in which nobody else is; and what all kernel objects take,
    *measured* as the growth of SUnreclaim in /proc/meminfo, which is the whole machine's: sockets and open files. (The
    inode and the directory entry, about 1 KB, count among the caches that everybody's files fill, and are left out.) On
    loopback both ends are here, so each connection counts twice.

    @kernel
    Scenario: the sockets, by the kernel's own account
      Given a listener in a network of its own, where the kernel counts TCP sockets and tells their size
      When 60, 120, 180 and 240 clients are connected
      Then the kernel counts 2 sockets more for each, of more than 1000 bytes each

    @kernel @measured
    Scenario: all kernel objects, as they grow
      Given 4000 connections over loopback, made in steps of 1000
      Then from the first step on the kernel's objects grow along a line, by more for each connection than its 2 sockets alone

    @kernel
    Scenario: what lies unread is held for each connection
      Given a listening socket with 100 clients, whose connections are all accepted
      When each client sends 4000 bytes that nobody reads
      Then the kernel holds more than 4000 bytes for each connection, and nothing any more when they are read

  @c10k.budget @holds @section-1.1 @epoll @poll @io_uring
  Rule: 2 GB of memory and 1 Gbit/s are enough for ten thousand clients
    Divided by 10 000, that is 200 KB and 100 kbit/s for each. What a connection really takes on an event-driven server is
    a small part: some kilobytes of the kernel's, and what the program keeps of its own. The bandwidth is arithmetic only:
    what a client needs is the application's business, and loopback is no network.

    @kernel
    Scenario: the arithmetic
      Given a machine with 2 GB of memory and a line of 1 Gbit/s
      When 10000 clients share it evenly
      Then each has 200 KB and 100 kbit/s

    @reference @measured
    Scenario: ten thousand live connections within the budget
      When 10000 clients are connected to the server, and each of them sends 2 requests, all clients at once
      Then every answer is right, and the server holds all 10000 connections
      And when they have left, the server holds no more than before they came
      And each connection takes less than 200 KB, the server's own memory and the kernel's together

  @c10k.model-matters @holds @section-1.1 @process-per-connection @thread-per-connection @single-reactor @single-reactor-threads @single-reactor-processes @multi-reactor-single @multi-reactor-threads @multi-reactor-processes @proactor
  Rule: on the same hardware, the I/O model decides how far a server gets towards ten thousand
    All servers pay the same for a socket. What differs is what they keep *beside* it: an event-driven server a few dozen
    bytes, one with a thread for each connection a kernel stack of 16 KiB and a user stack, one with a process for each
    also page tables and the pages that it has written. And where tasks wait instead of connections, each request is a
    switch of tasks.

    So the line is drawn at one kernel stack, 16 KiB for a connection: models with a task for each connection lie above it,
    event-driven ones below. What is shown beside it, memory, tasks and CPU time, was measured with a few hundred
    connections; how many would fit into 2 GB is computed from it. Pools of processes or threads are not in this Rule, nor
    is a Proactor that is emulated by them: they take no more memory with more clients, they let them wait; see chapter 1.3.

    @reference @measured @linux
    Scenario: what a server keeps for a connection, besides the socket
      Given the server with 300 clients more than the 20 that it began with, each of which was served
      Then a connection takes a task and more than 16 KiB where the model has a task for each, and otherwise no task and less
