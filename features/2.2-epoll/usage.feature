Feature: How epoll is used
  @epoll.create-ctl-wait @holds @section-2.2 @epoll
  Rule: one makes an instance, adds descriptors to it, and waits in a loop
    Three calls take the place of one: `epoll_create1` makes the instance, `epoll_ctl` adds the listener and then each
    accepted connection to it, `epoll_wait` is called again and again. The order matters only for each descriptor: it is
    added before a wait can report it. A descriptor that is added by one thread while another waits is reported by the
    wait that is already going on (epoll_wait(2), NOTES).

    @server
    Scenario: a server creates, adds and waits
      Then the server adds the listener and each connection to an epoll instance before it waits for them

    @kernel
    Scenario: a wait that is going on reports what is added meanwhile
      Given a thread that sleeps in epoll_wait on an empty instance
      When a socket that can be read is added to the instance
      Then the sleeping wait returns and reports it
