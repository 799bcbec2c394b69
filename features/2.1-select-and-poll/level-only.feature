Feature: The only trigger that select and poll know
  @select.level-only @holds @section-2.1 @select @poll
  Rule: select and poll report a condition, as long as it lasts
    Both calls ask each file for its state *now* (`vfs_poll` in fs/select.c) and keep nothing from one call to the next.
    So they cannot know what they have reported before: what is unread is reported again, every time. That is
    level-triggered, and neither has a flag to ask for anything else. poll refuses no unknown bit, it ignores it:
    `EPOLLET` has no room in the 16 bits of `events` at all.

    @kernel
    Scenario: what is left unread is reported by every call
      Given a socket that was sent 3 bytes
      When select and poll are called 5 times each and nothing is read
      Then every call reports the socket

    @kernel
    Scenario: a partial read changes nothing, the last byte does
      Given a socket that was sent 3 bytes
      When one byte is read before each call
      Then select and poll report the socket while bytes are left, and no more when the last one is read
