Feature: Who wakes in which topology
  Sockets `s`, epoll instances `e`, threads `t`. A link from an instance to what it watches is *level* or *edge*; a thread
  either *waits* in epoll_wait, or it *polls* the instance with poll and then takes what there is. The kernel's own
  self-tests (tools/testing/selftests/filesystems/epoll) walk through the same shapes.

      A   t0       B     t0        C  t0   t1      D  t0   t1      E   t0
           |             |             \   /           \   /            |
          e0            e0              e0              e0             e0
           |           /  \              |             /  \             |
          s0         s0    s1           s0           s0    s1          e1
                                                                        |
                                                                       s0

      F  t0   t1     G  t0   t1      H     t0          I  t0   t1
          \   /          |    |             |              \   /
           e0            |   e0            e0               e0
            |             \  /            /  \             /  \
           e1              e1            e1   e2          e1   e2
            |               |             |    |           |    |
           s0              s0            s0   s1          s0   s1

  @epoll.nested-instances-topologies @holds @section-beyond @epoll @level @edge
  Rule: in every topology an edge is told to one waiter and a level to all, link by link
    Three things explain each line of the tables.

    * A level-triggered link puts its item back. So the next wait finds it again, and a waiter that was told wakes the
      next one.
    * What counts is the link to which the waiter is nearest. Behind an edge-triggered link to an inner instance it does
      not help that the inner link is level-triggered: the inner one does report again, but the edge has been used up.
    * The other way round it does: an inner edge that nobody collected is still on the inner ready list, and the outer,
      level-triggered link shows it as long as it is there. Who collects it from the inner instance takes it away from
      those who look from outside: that is topology G, in which the kernel promises t0 its event, and t1 only luck.

    @kernel
    Scenario Outline: <shape>, one thread: <links>
      Given the topology <links>
      When a byte arrives at every socket of the topology
      Then two waits in a row on e0 report <first> and <second>

      Examples: waits
        | shape | links                                                      | first | second |
        | A     | e0 level s0                                                | 1     | 1      |
        | A     | e0 edge s0                                                 | 1     | 0      |
        | B     | e0 level s0, e0 level s1                                   | 2     | 2      |
        | B     | e0 edge s0, e0 edge s1                                     | 2     | 0      |
        | B     | e0 edge s0, e0 level s1                                    | 2     | 1      |
        | E     | e0 level e1, e1 level s0                                   | 1     | 1      |
        | E     | e0 level e1, e1 edge s0                                    | 1     | 1      |
        | E     | e0 edge e1, e1 level s0                                    | 1     | 0      |
        | E     | e0 edge e1, e1 edge s0                                     | 1     | 0      |
        | H     | e0 level e1, e1 level s0, e0 level e2, e2 level s1         | 2     | 2      |
        | H     | e0 edge e1, e1 level s0, e0 edge e2, e2 level s1           | 2     | 0      |

    @kernel
    Scenario Outline: <shape>, one thread that polls first: <links>
      Given the topology <links>
      When a byte arrives at every socket of the topology
      Then twice in a row, poll of e0 and then a wait on it report <first> and <second>

      Examples: polls
        | shape | links                                                      | first | second |
        | A     | e0 level s0                                                | 1, 1  | 1, 1   |
        | A     | e0 edge s0                                                 | 1, 1  | 0, 0   |
        | B     | e0 level s0, e0 level s1                                   | 1, 2  | 1, 2   |
        | B     | e0 edge s0, e0 edge s1                                     | 1, 2  | 0, 0   |
        | E     | e0 level e1, e1 level s0                                   | 1, 1  | 1, 1   |
        | E     | e0 edge e1, e1 level s0                                    | 1, 1  | 0, 0   |
        | H     | e0 level e1, e1 level s0, e0 level e2, e2 level s1         | 1, 2  | 1, 2   |
        | H     | e0 edge e1, e1 level s0, e0 edge e2, e2 level s1           | 1, 2  | 0, 0   |

    @kernel
    Scenario Outline: <shape>, two threads: <links>, <threads>
      Given the topology <links>
      And the sleeping threads <threads>
      When a byte arrives at every socket of the topology
      Then the threads that got an event are <told>

      Examples: one socket, one event
        | shape | links                       | threads                  | told               |
        | C     | e0 level s0                 | t0 waits e0, t1 waits e0 | both               |
        | C     | e0 edge s0                  | t0 waits e0, t1 waits e0 | one                |
        | C     | e0 level s0                 | t0 waits e0, t1 polls e0 | both               |
        | C     | e0 edge s0                  | t0 waits e0, t1 polls e0 | one                |
        | C     | e0 level s0                 | t0 polls e0, t1 polls e0 | both               |
        | C     | e0 edge s0                  | t0 polls e0, t1 polls e0 | one                |
        | F     | e0 level e1, e1 level s0    | t0 waits e0, t1 waits e0 | both               |
        | F     | e0 level e1, e1 edge s0     | t0 waits e0, t1 waits e0 | both               |
        | F     | e0 edge e1, e1 level s0     | t0 waits e0, t1 waits e0 | one                |
        | F     | e0 edge e1, e1 edge s0      | t0 waits e0, t1 waits e0 | one                |
        | F     | e0 level e1, e1 level s0    | t0 waits e0, t1 polls e0 | both               |
        | F     | e0 edge e1, e1 level s0     | t0 waits e0, t1 polls e0 | one                |
        | G     | e0 level e1, e1 level s0    | t0 waits e1, t1 waits e0 | both               |
        | G     | e0 level e1, e1 edge s0     | t0 waits e1, t1 waits e0 | t0, and perhaps t1 |
        | G     | e0 edge e1, e1 level s0     | t0 waits e1, t1 waits e0 | both               |
        | G     | e0 edge e1, e1 edge s0      | t0 waits e1, t1 waits e0 | t0, and perhaps t1 |
        | G     | e0 level e1, e1 level s0    | t0 polls e1, t1 waits e0 | both               |
        | G     | e0 edge e1, e1 level s0     | t0 waits e1, t1 polls e0 | both               |

      Examples: two sockets, two events, each thread with room for one
        | shape | links                                              | threads                  | told |
        | D     | e0 level s0, e0 level s1                           | t0 waits e0, t1 waits e0 | both |
        | D     | e0 edge s0, e0 edge s1                             | t0 waits e0, t1 waits e0 | both |
        | D     | e0 level s0, e0 level s1                           | t0 waits e0, t1 polls e0 | both |
        | I     | e0 level e1, e1 level s0, e0 level e2, e2 level s1 | t0 waits e0, t1 waits e0 | both |
        | I     | e0 edge e1, e1 level s0, e0 edge e2, e2 level s1   | t0 waits e0, t1 waits e0 | both |
