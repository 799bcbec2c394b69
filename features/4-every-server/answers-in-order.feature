Feature: Random clients
  What a server must answer is simple to say, and a program can say it: a model. What clients can do to make it hard is
  not, so clients are drawn at random, hundreds of steps of them, and held against the model.

  @server.answers-in-order @holds @section-beyond @every-server
  Rule: pipelined requests are answered in order, every byte intact
    TCP carries a stream. Requests come in pieces that have nothing to do with where they begin and end: half a request, or
    five and a half at once. A server has to take them apart, answer each, and keep the order; and with several threads, or
    completions, or replies that wait for room, order does not come by itself.

    The scripts are drawn by a seed, which the report tells; RAPID_SEED, set to it, draws them again. A script that fails is
    made shorter as long as it fails, and printed: one line for each thing that a client does. It can be kept and played
    again, on any server that speaks the protocol: iospec replay FILE -- COMMAND.

    Up to 4 clients are there at once, fewer than any pool has workers.

    @load
    Scenario: scripts of random clients, against a model of what must come back
      When 10 scripts are drawn and played, in which up to 4 clients send whole, cut and piled-up requests, read in sips, half-close, reset and come again
      Then every client gets exactly its answers, in the order of its requests, and then the end
