Feature: The array that poll takes
  poll asks the same question as select in another form: an array with an entry per descriptor, in which the caller writes
  `events` and the kernel `revents`.

  @poll.array @holds @section-2.1 @poll
  Rule: poll takes an array of any length, and descriptors of any number
    An entry names its descriptor by number, so neither the number nor the count is bounded by a type. And since the
    answer has a field of its own, the caller's question is still there afterwards: nothing must be rebuilt.

    @kernel
    Scenario: an array of more than 1024 entries
      Given a poll array of 3000 sockets of which 5 have something to read
      When poll is called on the array
      Then exactly those 5 entries have revents, and every entry still has its events

    @kernel
    Scenario: descriptors above 1023
      Given a poll array that names a readable socket by the numbers 1024, 3000 and 5000
      When poll is called on the array
      Then all 3 entries are reported readable

  @poll.list @holds @section-2.1 @poll
  Rule: inside the kernel poll keeps the entries in a linked list of chunks
    `do_sys_poll` (fs/select.c) copies the array into a list of `struct poll_list`: the first chunk lies on the kernel
    stack and has room for 30 entries, each further one takes a page and has room for 510 (on a 64-bit machine with
    pages of 4 KiB). `do_poll` walks chunk after chunk.

    The list cannot be seen from outside, and nothing depends on it: that is what can be shown. Arrays that end just
    before, at and behind the end of a chunk get right answers, entry by entry; and the price of an entry does not jump
    where a chunk begins. So the list is the way the kernel stores the array, and no limit of poll.

    @kernel
    Scenario: the answers are right on both sides of every chunk's end
      Given poll arrays of 29, 30, 31, 539, 540, 541, 1049, 1050, 1051 and 3000 entries, every third of them ready
      Then poll reports in each array exactly the entries that are ready

    @kernel @measured
    Scenario: an entry costs the same in every chunk
      Given a poll array of 2580 quiet event counters
      When poll is measured on the first 540, 1050, 1560, 2070 and 2580 of them, the ends of the chunks
      Then each further chunk of 510 entries costs about as much as the others

  @poll.fd-limit @holds @section-2.1 @poll
  Rule: the length of poll's array is bounded by the process's descriptor limit
    The array may have as many entries as `RLIMIT_NOFILE` allows descriptors, and one more is EINVAL (`do_sys_poll`,
    fs/select.c; poll(2), ERRORS). It is the soft limit that counts, and the entries that are counted, whether or not
    they name a descriptor: negative ones, which poll ignores, count as well.

    @kernel
    Scenario: as many entries as the limit allows, and one more
      Given an array of entries that name no descriptor, longer than the descriptor limit
      Then poll takes as many entries as the soft limit says, and fails with EINVAL on one more

    @kernel
    Scenario: it is the soft limit that counts
      Given an array of entries that name no descriptor, longer than the descriptor limit
      When the soft limit is lowered by 100
      Then poll fails with EINVAL on an array that it took before, and takes it again when the limit is restored
