// Two threads do all I/O, of whichever descriptor is next, the listener among them. A third only waits, and tells them
// (EPOLLONESHOT keeps it from telling twice). With "tasks" they run a runtime's tasks: each tries at once what it wants, and has
// itself waited for where there is nothing yet. With "events" they are workers: all is waited for first, and then handed to them.
#include "line.h"

static int set, eager;
static struct conn *listener, *queue[4096];
static int head, tail;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;

static void next(struct conn *c) {
  pthread_mutex_lock(&lock);
  queue[tail++ % 4096] = c;
  pthread_cond_signal(&more);
  pthread_mutex_unlock(&lock);
}

static void wait_for(struct conn *c, unsigned events) {
  struct epoll_event e = {.events = events | EPOLLONESHOT, .data.ptr = c};
  if (epoll_ctl(set, EPOLL_CTL_MOD, c->fd, &e)) watch(set, EPOLL_CTL_ADD, c->fd, e.events, c);
}

static void begin(struct conn *c) {
  if (eager) next(c);
  else wait_for(c, EPOLLIN);
}

static void *work(void *unused) {
  for (;;) {
    pthread_mutex_lock(&lock);
    while (head == tail) pthread_cond_wait(&more, &lock);
    struct conn *c = queue[head++ % 4096];
    pthread_mutex_unlock(&lock);
    int wanted = EPOLLIN;
    if (c != listener) wanted = turn(c);
    else for (int fd; (fd = accept4(c->fd, 0, 0, SOCK_NONBLOCK)) >= 0;) begin(hello(fd));
    if (wanted) wait_for(c, wanted);
    else bye(c);
  }
  return unused;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  eager = !strcmp(argv[2], "tasks");
  set = epoll_create1(0);
  begin(listener = hello(door(argv[1], SOCK_NONBLOCK)));
  for (int i = 0; i < 2; i++) thread(work, NULL);
  struct epoll_event e;
  for (int n; (n = epoll_wait(set, &e, 1, -1)) >= 0 || errno == EINTR;)
    if (n == 1) next(e.data.ptr);
}
