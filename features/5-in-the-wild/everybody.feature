Feature: What everybody uses
  @proactor.linux-uses-reactor @refuted @section-3.2 @single-reactor @multi-reactor-threads @multi-reactor-processes @process-pool @proactor
  Rule: high-performance network programs on Linux all use Reactor
    Of the programs that are usually named, it is true: nginx, Redis, memcached and Netty are reactors, as the first
    scenario shows of each. *All* is too much to say. Well-used servers give each client a process or a thread, because
    what they do for a client takes longer than any switch: PostgreSQL and Apache's oldest module do it with processes,
    MariaDB with threads. And since io_uring (Linux 5.1, 2019; usable for servers since about 5.19) a server on Linux can
    do without any readiness at all: see proactor.is-async, which is shown of one.

    @wild
    Scenario Outline: those that are usually named are reactors
      Given <system>, as Debian packages it
      When the exercise drives it
      Then judged as <reactor> it passes

      Examples:
        | system                                     | reactor                 |
        | nginx with 4 workers and reuseport         | multi-reactor-processes |
        | redis with io-threads 1                    | single-reactor          |
        | memcached with 4 threads                   | multi-reactor-threads   |
        | Netty with a boss group and a worker group | multi-reactor-threads   |

    @wild
    Scenario: Apache with a process for each client is none
      Given Apache with processes made ahead, as Debian packages it
      When the exercise drives it
      Then by what it does it is: process-pool, accept-shared
