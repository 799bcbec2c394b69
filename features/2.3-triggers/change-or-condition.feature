Feature: A change, or a condition
  The two triggers in three lines. An end is *readable* while bytes lie unread or the other end has closed. There is
  *news* when bytes or a close arrive, and when the registration is made or renewed; a report uses the news up.

      level      reported = readable
      edge       reported = readable and news
      one-shot   reported = readable and not reported since the registration was made or renewed

  These lines are the core of an executable model, internal/trigger/model.go. Everything else in this chapter follows
  from them.

  @trigger.edge-only-on-change @qualified @section-2.3 @epoll @edge @level
  Rule: edge-triggered reports the change, level-triggered the condition
    True, if *change* means that something happened. The text goes on to say that edge-triggered tells only the first
    time the condition is met, and never the same again. That is not so: bytes that arrive at an end that already was
    readable are reported again, for nobody in the kernel compares the condition before and after. `ep_poll_callback`
    runs for every arrival.

    The evidence is a property-based test. Random scripts of sends, reads, registrations, closes and waits are played to
    the kernel, on three TCP connections, and to the model. Where they disagree the script is shrunk to the shortest
    that still divides them, and printed with the seed that repeats it. That the test can fail is part of the Rule: the
    model that the text's sentence describes is refuted by it, within seconds, by a script of five lines.

    @kernel
    Scenario: whatever is done, the kernel reports what the model says
      When 1000 random scripts are played to the kernel and to the model of level, edge and one-shot
      Then they agree on every line of them all

    @kernel
    Scenario: random scripts refute the model in which edge tells only the first time
      When up to 3000 random scripts are played to the kernel and to the model in which edge tells only the first time
      Then a script refutes that model, and shrunk it has at most 6 lines

    @kernel
    Scenario: the shortest script that refutes it
      When this script is played to the kernel and to the model in which edge tells only the first time:
        """
        add a edge
        send a 1
        wait
        send a 1
        wait
        """
      Then they disagree on the last line: the kernel reports the end, that model does not
      And the model of level, edge and one-shot agrees with the kernel on every line of it
