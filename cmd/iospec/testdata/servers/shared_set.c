// One epoll instance. With "followers", four threads wait on it, and whoever is told of something handles it (EPOLLONESHOT
// keeps the others away meanwhile). With "workers", one thread waits, and others read and write what it was told of; with a number behind it,
// in as many processes, each with a set of its own.
#include "line.h"

#include <signal.h>
#include <sys/prctl.h>

static int set, listener, workers;
static struct conn *queue[4096];
static int head, tail;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;

static void handle(struct conn *c) {
  int wanted = turn(c);
  if (wanted) watch(set, EPOLL_CTL_MOD, c->fd, wanted | EPOLLONESHOT, c);
  else bye(c);
}

static void *work(void *unused) {
  for (;;) {
    pthread_mutex_lock(&lock);
    while (head == tail) pthread_cond_wait(&more, &lock);
    struct conn *c = queue[head++ % 4096];
    pthread_mutex_unlock(&lock);
    handle(c);
  }
  return unused;
}

static void *loop(void *unused) {
  struct epoll_event e;
  for (int n; (n = epoll_wait(set, &e, 1, -1)) >= 0 || errno == EINTR;) {
    if (n == 1 && !e.data.ptr) {
      for (int fd; (fd = accept4(listener, 0, 0, SOCK_NONBLOCK)) >= 0;) watch(set, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLONESHOT, hello(fd));
      watch(set, EPOLL_CTL_MOD, listener, EPOLLIN | EPOLLONESHOT, NULL);
    } else if (n == 1 && !workers) {
      handle(e.data.ptr);
    } else if (n == 1) {
      pthread_mutex_lock(&lock);
      queue[tail++ % 4096] = e.data.ptr;
      pthread_cond_signal(&more);
      pthread_mutex_unlock(&lock);
    }
  }
  return unused;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  listener = door(argv[1], SOCK_NONBLOCK);
  for (int more = argc > 3 ? atoi(argv[3]) : 1; --more > 0 && fork();) {}
  if (argc > 3) prctl(PR_SET_PDEATHSIG, SIGTERM);
  set = epoll_create1(0);
  workers = !strcmp(argv[2], "workers");
  watch(set, EPOLL_CTL_ADD, listener, EPOLLIN | EPOLLONESHOT, NULL);
  for (int i = 0; i < 3; i++) thread(workers ? work : loop, NULL);
  loop(NULL);
}
