Feature: Which demultiplexer has which trigger
  A *level-triggered* wait tells of a condition: there is something to read. An *edge-triggered* wait tells of an event:
  something has arrived. Both are answers to one question, when a descriptor is worth a report, and only epoll lets the
  program choose.

  @trigger.epoll-has-both @holds @section-2.3 @epoll @level @edge
  Rule: epoll supports both triggers, and each registration chooses its own
    The trigger is no property of the socket and none of the epoll instance, but of the registration that links the two:
    one bit, `EPOLLET`, in `epitem.event` (fs/eventpoll.c). So `EPOLL_CTL_MOD` changes it at any
    time, and the same socket may be watched in both modes at once, by two instances.

    @kernel
    Scenario: EPOLL_CTL_MOD takes one registration to edge and back to level
      Given a connected pair of sockets whose one end is watched for EPOLLIN by an epoll instance
      When the other end sends 3 bytes
      Then 3 waits in a row report the watched end, though nothing is read
      When the registration is changed to EPOLLIN|EPOLLET
      Then the first wait reports the watched end and the next 3 do not
      When the registration is changed to EPOLLIN
      Then 3 waits in a row report the watched end, though nothing is read

    @kernel
    Scenario: two instances watch one socket, each in its own mode
      Given a connected pair of sockets whose one end is watched for EPOLLIN by an epoll instance
      And a second epoll instance watches the same end for EPOLLIN|EPOLLET
      When the other end sends 3 bytes
      Then of 5 waits on each, those on the first instance make 5 reports and those on the second make 1

  @trigger.select-poll-level-only @holds @section-2.3 @select @poll @level
  Rule: select and poll offer level-triggered reports only
    Neither call could do otherwise: each looks at the descriptors while it runs and forgets them when it returns, so
    there is nothing in the kernel that would remember what was already told. select(2) has no place for a flag per
    descriptor at all. A pollfd of poll(2) has 16 bits for events; `EPOLLET` is bit 31, and none of the 16 makes poll
    report a condition only once.

    @kernel
    Scenario: what epoll reports once, select and poll report every time
      Given a connected pair of sockets whose one end is watched for EPOLLIN|EPOLLET by an epoll instance
      When the other end sends 3 bytes
      Then in 5 rounds select reports the watched end 5 times, poll 5 times and epoll once

    @kernel
    Scenario: no event bit of poll turns it edge-triggered
      Given a connected pair of sockets whose one end is watched for EPOLLIN by an epoll instance
      When the other end sends 3 bytes
      Then poll reports the watched end in each of 3 rounds, whichever of its 16 event bits is set beside POLLIN
