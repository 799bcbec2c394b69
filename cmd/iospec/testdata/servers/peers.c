// Four threads of which each has an epoll instance of its own, with the one listener in it, and accepts what it serves:
// peers, in place of a main reactor and sub-reactors. "exclusive" adds EPOLLEXCLUSIVE.
#include "line.h"

static int listener;
static unsigned how;

static void *loop(void *unused) {
  int set = epoll_create1(0), n;
  struct epoll_event events[64];
  watch(set, EPOLL_CTL_ADD, listener, EPOLLIN | how, NULL);
  while ((n = epoll_wait(set, events, 64, -1)) >= 0 || errno == EINTR)
    for (int i = 0; i < n; i++) {
      struct conn *c = events[i].data.ptr;
      if (!c) {
        int fd = accept4(listener, 0, 0, SOCK_NONBLOCK);
        if (fd >= 0) watch(set, EPOLL_CTL_ADD, fd, EPOLLIN, hello(fd));
        continue;
      }
      int wanted = turn(c);
      if (!wanted) bye(c);
      else if (wanted != (int)(events[i].events & (EPOLLIN | EPOLLOUT))) watch(set, EPOLL_CTL_MOD, c->fd, wanted, c);
    }
  return unused;
}

int main(int argc, char **argv) {
  listener = door(argv[1], SOCK_NONBLOCK);
  how = argc > 2 ? EPOLLEXCLUSIVE : 0;
  for (int i = 0; i < 3; i++) thread(loop, NULL);
  loop(NULL);
}
