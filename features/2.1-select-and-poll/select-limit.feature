Feature: How many descriptors select can watch
  @select.caps-1024 @qualified @section-2.1 @select
  Rule: select watches the descriptors 0 to 1023 only, as far as the C library's type goes
    A program that includes `<sys/select.h>` gets an `fd_set` of `FD_SETSIZE` = 1024 bits, in glibc and in musl alike, and
    `FD_SET(1024, …)` writes behind it: undefined behaviour, a crash if one is lucky. It is the *number* of the descriptor
    that counts and not how many there are, so a server with 1000 connections and a few log files may already be there.
    select(2) advises poll for every new program.

    The kernel knows no such limit. Its system call takes the highest number plus one and bitmaps of that length
    (`core_sys_select`, fs/select.c), bounded only by the size of the process's descriptor table. A program that brings
    bitmaps of its own size watches more, though no portable program may count on that.

    @kernel
    Scenario: the standard type has room for 1024 descriptors
      Given the fd_set of the C library, as Go's system call package has it from the headers
      Then descriptor 1023 fits into it and descriptor 1024 does not

    @kernel
    Scenario: the system call itself takes larger sets
      Given a readable socket under the descriptor numbers 1024, 3000 and 5000
      When select is called with a bitmap of 6000 bits that names them
      Then it reports exactly those three numbers

    @reference
    Scenario: a server that uses the standard type turns away what does not fit, and serves the others on
      Given 1100 clients that connect to the server one after the other and send a request each
      Then those that got a descriptor below 1024 in the server are answered, and the others are closed without an answer
      And the server's log names the reason, the limit of 1024
      And the answered clients are still served, and when one of them leaves, a new client takes its place
