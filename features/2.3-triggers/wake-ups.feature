Feature: How often one arrival wakes a waiter
  Bytes arrive and nobody reads them. How often is that told? The text compares it with a parcel locker: one that sends
  a single message, and one that sends messages until the parcel is fetched. The picture is good for one parcel. It says
  nothing about a second parcel that is put beside the first.

  @trigger.edge-wakes-once @qualified @section-2.3 @epoll @edge
  Rule: edge-triggered, one arrival wakes epoll_wait once, though nothing is read
    One *arrival* is one report; not one *readable condition*. When a segment is queued to the socket, its wait queue
    calls `ep_poll_callback`, which puts the item on the ready list; `ep_send_events` takes it off again and, because of
    `EPOLLET`, does not put it back (fs/eventpoll.c). A later segment calls the callback again, whatever is still unread.
    So the often-heard sentence "an undrained edge-triggered socket is never reported again" is wrong in three ways,
    each shown below: a further arrival reports it again, several arrivals between two waits make one report, and
    `EPOLL_CTL_MOD` reports it again without any arrival, because `ep_modify` polls the file anew. What is true, and
    what makes programs hang: *without* any of these, the rest stays unreported for ever, also after a part was read.

    @kernel
    Scenario: one arrival is reported once
      Given a connected pair of sockets whose one end is watched for EPOLLIN|EPOLLET by an epoll instance
      When the other end sends 3 bytes
      Then the first wait reports the watched end and the next 5 do not

    @kernel
    Scenario: a thread that sleeps in epoll_wait is woken once per arrival and sleeps again
      Given a connected pair of sockets whose one end is watched for EPOLLIN|EPOLLET by an epoll instance
      And a thread that waits in a loop and reads nothing
      When the other end sends 3 bytes
      Then the thread has been woken 1 time and sleeps
      When the other end sends 4 bytes
      Then the thread has been woken 2 times and sleeps

    @kernel
    Scenario: reading a part brings no further report
      Given a connected pair of sockets whose one end is watched for EPOLLIN|EPOLLET by an epoll instance
      When the other end sends 3 bytes
      Then the first wait reports the watched end and the next 2 do not
      When 2 bytes of them are read
      Then none of 3 waits reports the watched end

    @kernel
    Scenario: a further arrival is reported, though the first was never read
      Given a connected pair of sockets whose one end is watched for EPOLLIN|EPOLLET by an epoll instance
      When the other end sends 3 bytes
      Then the first wait reports the watched end and the next 2 do not
      When the other end sends 1 byte
      Then the first wait reports the watched end and the next 2 do not

    @kernel
    Scenario: two arrivals between two waits are one report
      Given a connected pair of sockets whose one end is watched for EPOLLIN|EPOLLET by an epoll instance
      When the other end sends 3 bytes
      And the other end sends 1 byte
      Then the first wait reports the watched end and the next 2 do not

    @kernel
    Scenario: renewing the registration reports what lies unread
      Given a connected pair of sockets whose one end is watched for EPOLLIN|EPOLLET by an epoll instance
      When the other end sends 3 bytes
      Then the first wait reports the watched end and the next 2 do not
      When the registration is changed to EPOLLIN|EPOLLET
      Then the first wait reports the watched end and the next 2 do not

  @trigger.level-wakes-until-drained @holds @section-2.3 @epoll @level
  Rule: level-triggered, epoll_wait wakes again and again until the buffer is empty
    An item without `EPOLLET` that was reported goes back to the tail of the ready list at once. The next epoll_wait asks
    the socket again (`ep_item_poll`), reports it if the condition still holds, and drops it silently if not: that is why
    a level-triggered report costs a little more than an edge-triggered one, and why reading a part is safe.

    @kernel
    Scenario: k waits report it k times, a partial read changes nothing, a full read ends it
      Given a connected pair of sockets whose one end is watched for EPOLLIN by an epoll instance
      When the other end sends 6 bytes
      Then 7 waits in a row report the watched end, though nothing is read
      When 5 bytes of them are read
      Then 7 waits in a row report the watched end, though nothing is read
      When the rest of them is read
      Then none of 3 waits reports the watched end

    @kernel
    Scenario: a thread that reads one byte per wake-up is woken once per byte
      Given a connected pair of sockets whose one end is watched for EPOLLIN by an epoll instance
      And a thread that waits in a loop and reads 1 byte each time
      When the other end sends 6 bytes
      Then the thread has been woken 6 times and sleeps

    @kernel
    Scenario: the same thread, edge-triggered, is woken once and leaves the rest
      Given a connected pair of sockets whose one end is watched for EPOLLIN|EPOLLET by an epoll instance
      And a thread that waits in a loop and reads 1 byte each time
      When the other end sends 6 bytes
      Then the thread has been woken 1 time and sleeps
      And 5 bytes lie unread
