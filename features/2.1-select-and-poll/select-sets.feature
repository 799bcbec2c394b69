Feature: The sets that select takes and gives back
  select is told what to watch by bitmaps, one bit per descriptor, and answers in the same bitmaps. It remembers nothing
  between two calls.

  @select.whole-set-in @holds @section-2.1 @select
  Rule: every call of select hands the whole set to the kernel
    There is no way to name only what changed: what is not in the sets of this call is not watched by this call. So a
    server with ten thousand idle clients hands in ten thousand bits whenever it waits, to learn that one of them is set.

    @server
    Scenario: the sets of each call hold every live connection
      Then each select of the server hands in all its connections and the listener

    @kernel
    Scenario: what is left out of one call is not watched by it
      Given a set of 20 sockets of which 4 have something to read
      When select is called on an empty set, though another call watched them a moment ago
      Then select reports nothing

  @select.set-overwritten @holds @section-2.1 @select
  Rule: select writes its answer over the question
    When select returns, only the bits of ready descriptors are left in the caller's set; those of the others are gone
    (`core_sys_select` copies its result bitmaps out with `set_fd_set`, fs/select.c). So a caller keeps a copy, and sets
    the question up anew before each call; select(2) says so, too. Who forgets, watches fewer descriptors each time, and
    once a call timed out, none at all.

    @kernel
    Scenario: after a call only the ready descriptors are in the set
      Given a set of 20 sockets of which 4 have something to read
      When select is called on the set
      Then 4 descriptors are left in the set, and the other 16 are gone from it

    @kernel
    Scenario: who does not rebuild the set misses what comes later
      Given a set of 20 sockets of which 4 have something to read
      When select is called on the set
      And then something arrives on a socket that was not ready before
      Then select on the used set does not report that socket, and select on a rebuilt set does

  @select.two-copies @holds @section-2.1 @select
  Rule: select copies the whole set into the kernel and the whole set out again
    The kernel works on copies of its own: `get_fd_set` copies each bitmap in before the scan, `set_fd_set` copies as
    many bits out after it (`core_sys_select`, fs/select.c), whether one bit changed or none.

    Where a copy is made one sees by giving it a place where it cannot be made. A set that cannot be read fails with
    EFAULT, so it was read; one that can be read but not written fails with EFAULT, too, so it was written. Both happen
    when it is only the *last word* of a large set that lies on such a page, and nothing in that word is ready: so all
    of it is copied, both ways.

    @kernel
    Scenario: a set in ordinary memory serves as control
      Given a set of 2048 descriptors of which only one, far from the last, is ready
      When the last word of the set lies on a page with all rights
      Then select succeeds and reports 1 descriptor

    @kernel
    Scenario: the copy in
      Given a set of 2048 descriptors of which only one, far from the last, is ready
      When the last word of the set lies on a page that cannot be read
      Then select fails with EFAULT

    @kernel
    Scenario: the copy out
      Given a set of 2048 descriptors of which only one, far from the last, is ready
      When the last word of the set lies on a page that can be read but not written
      Then select fails with EFAULT
