Feature: What epoll does not take
  select and poll take any descriptor. epoll takes only those of files that can call back.

  @epoll.regular-files-refused @holds @section-beyond @select @poll @epoll
  Rule: epoll refuses regular files and directories, which select and poll call always ready
    A file system has no poll operation, for a read of a regular file never waits for somebody to send something; the
    kernel answers `EPERM` (`file_can_poll`, do_epoll_ctl). select and poll answer for such a file that it can be read
    and written, always: POSIX wants it so, and it tells nothing about how long the disk will take. So an event loop on
    epoll must treat its standard input apart when that is a file (`server < commands.txt`).

    @kernel
    Scenario Outline: epoll's answer to <file>
      When <file> is registered with an epoll instance for EPOLLIN
      Then epoll_ctl says <answer>

      Examples:
        | file                  | answer |
        | a regular file        | EPERM  |
        | a directory           | EPERM  |
        | /dev/null             | EPERM  |
        | a pipe                | yes    |
        | a listening socket    | yes    |
        | an eventfd            | yes    |
        | a timerfd             | yes    |
        | /proc/self/mounts     | yes    |
        | another instance      | yes    |
        | the instance itself   | EINVAL |
        | a closed descriptor   | EBADF  |

    @kernel
    Scenario: select and poll take a regular file and call it ready, even at its end
      Given an empty regular file
      Then select and poll both report that it can be read and written
