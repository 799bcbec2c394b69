// Four threads of which each has an epoll instance of its own, with the one listener in it, and accepts what it serves:
// peers, in place of a main reactor and sub-reactors. "exclusive" adds EPOLLEXCLUSIVE; with "handing" each gives what it
// accepts to the next, as servers do that even out the load.
#include "line.h"

static int listener, sets[4], handing;
static unsigned how;

static void *loop(void *number) {
  int set = sets[(long)number], to = sets[((long)number + handing) % 4], n;
  struct epoll_event events[64];
  watch(set, EPOLL_CTL_ADD, listener, EPOLLIN | how, NULL);
  while ((n = epoll_wait(set, events, 64, -1)) >= 0 || errno == EINTR)
    for (int i = 0; i < n; i++) {
      struct conn *c = events[i].data.ptr;
      if (!c) {
        int fd = accept4(listener, 0, 0, SOCK_NONBLOCK);
        if (fd >= 0) watch(to, EPOLL_CTL_ADD, fd, EPOLLIN, hello(fd));
        continue;
      }
      int wanted = turn(c);
      if (!wanted) bye(c);
      else if (wanted != (int)(events[i].events & (EPOLLIN | EPOLLOUT))) watch(set, EPOLL_CTL_MOD, c->fd, wanted, c);
    }
  return number;
}

int main(int argc, char **argv) {
  listener = door(argv[1], SOCK_NONBLOCK);
  how = argc > 2 && !strcmp(argv[2], "exclusive") ? EPOLLEXCLUSIVE : 0;
  handing = argc > 2 && !strcmp(argv[2], "handing");
  for (int i = 0; i < 4; i++) sets[i] = epoll_create1(0);
  for (long i = 1; i < 4; i++) thread(loop, (void *)i);
  loop((void *)0);
}
