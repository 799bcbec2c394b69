// A pool of at most MAX threads that take connections from a queue, each made when a connection comes and no thread is
// idle; with "eager", for each connection until there are MAX, and it begins with that one. So it looks like a thread for
// each connection until there are more connections than threads.
#include "line.h"

static int queue[4096], head, tail, idle;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;

static void *work(void *begin) {
  for (int fd = (long)begin;;) {
    if (fd) serve_whole(fd);
    pthread_mutex_lock(&lock);
    for (idle++; head == tail;) pthread_cond_wait(&more, &lock);
    idle--;
    fd = queue[head++ % 4096];
    pthread_mutex_unlock(&lock);
  }
  return NULL;
}

int main(int argc, char **argv) {
  int listener = door(argv[1], 0), max = atoi(argv[2]), made = 0, eager = argc > 3;
  for (;;) {
    int fd = accept(listener, 0, 0);
    if (eager && made < max) {
      made++, thread(work, (void *)(long)fd);
      continue;
    }
    pthread_mutex_lock(&lock);
    queue[tail++ % 4096] = fd;
    if (made < max && tail - head > idle) made++, thread(work, NULL);
    pthread_cond_signal(&more);
    pthread_mutex_unlock(&lock);
  }
}
