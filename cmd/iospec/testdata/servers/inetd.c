// A super-server as inetd is: for each connection a process that executes another program, here this one again, with the
// connection as its standard input and output.
#include <signal.h>

#include "line.h"

int main(int argc, char **argv) {
  if (argc < 2) return serve_whole(STDIN_FILENO), 0;
  signal(SIGCHLD, SIG_IGN);
  for (int listener = door(argv[1], SOCK_CLOEXEC), fd; (fd = accept(listener, NULL, NULL)) >= 0; close(fd)) {
    if (fork()) continue;
    for (int to = 0; to < 2; to++) dup2(fd, to);
    close(fd);
    execl("/proc/self/exe", "session", NULL);
    _exit(1);
  }
}
