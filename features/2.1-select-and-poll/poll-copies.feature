Feature: What poll copies
  @poll.copies @holds @section-2.1 @poll
  Rule: poll, too, copies the whole array in, and the answers of all entries out again, in every call
    `do_sys_poll` (fs/select.c) copies the array in chunk by chunk, and after the scan writes `revents` of every entry,
    also of those that have nothing to report. (What it writes is two bytes of the eight: `events` and `fd` stay.) poll
    keeps nothing between calls, so all of it happens again each time.

    As with select, one sees a copy where it cannot be made: when only the *last* entry of the array lies on a page that
    cannot be read, or not be written, and that entry has nothing to report.

    @kernel
    Scenario: an array in ordinary memory serves as control
      Given an array of 1000 entries of which only the first is ready
      When the last entry lies on a page with all rights
      Then poll succeeds and reports 1 entry

    @kernel
    Scenario: the copy into the kernel
      Given an array of 1000 entries of which only the first is ready
      When the last entry lies on a page that cannot be read
      Then poll fails with EFAULT

    @kernel
    Scenario: the copy out of the kernel
      Given an array of 1000 entries of which only the first is ready
      When the last entry lies on a page that can be read but not written
      Then poll fails with EFAULT

    @kernel
    Scenario: revents are written where nothing is ready, too
      Given an array of 1000 entries of which only the first is ready
      When the revents of every entry are filled with garbage before the call
      Then poll has replaced the garbage in every entry, with 0 where nothing is ready

    @server
    Scenario: a server hands in an entry for each live connection, and one for the listener
      Then each poll of the server hands in an entry for every live connection and the listener
