Feature: Closed, and still watched
  Closing a descriptor usually ends its registrations. Usually: for what epoll watches is not the descriptor.

  @epoll.close-with-duplicate @holds @section-beyond @epoll
  Rule: a closed descriptor stays watched while a duplicate of it lives
    The key of the interest list is the pair of descriptor *number* and open file description (`epoll_filefd`,
    fs/eventpoll.c). Nothing looks at it when a number is closed; `eventpoll_release_file` runs when the last reference
    to the description goes. A duplicate made by dup, by fork or by SCM_RIGHTS is such a reference. So a server that
    closes a connection which some child has inherited goes on hearing of it, under a number that it no longer owns; and
    it cannot even end that: `EPOLL_CTL_DEL` of the number says `EBADF`, and of the duplicate `ENOENT`, for the
    duplicate was never registered. Remove before you close, wherever duplicates may exist: see epoll(7).

    @kernel
    Scenario: without a duplicate, closing ends the registration
      Given a connected pair of sockets whose one end is watched for EPOLLIN by an epoll instance
      When the watched descriptor is closed
      Then the instance watches nothing

    @kernel
    Scenario: with a duplicate, the closed number goes on being reported
      Given a connected pair of sockets whose one end is watched for EPOLLIN by an epoll instance
      And a duplicate of the watched descriptor
      When the watched descriptor is closed
      And the other end sends 3 bytes
      Then 3 waits in a row report the watched end, though nothing is read

    @kernel
    Scenario: it cannot be removed any more, by either number
      Given a connected pair of sockets whose one end is watched for EPOLLIN by an epoll instance
      And a duplicate of the watched descriptor
      When the watched descriptor is closed
      Then EPOLL_CTL_DEL of the closed number says EBADF, and of the duplicate ENOENT

    @kernel
    Scenario: a new socket under the old number is a second registration beside the first
      Given a connected pair of sockets whose one end is watched for EPOLLIN by an epoll instance
      And a duplicate of the watched descriptor
      When the watched descriptor is closed
      And a new socket that gets the same number is watched, too
      Then the instance watches that number twice

    @kernel
    Scenario: it ends when the last duplicate is closed
      Given a connected pair of sockets whose one end is watched for EPOLLIN by an epoll instance
      And a duplicate of the watched descriptor
      When the watched descriptor is closed
      And the duplicate is closed
      Then the instance watches nothing
