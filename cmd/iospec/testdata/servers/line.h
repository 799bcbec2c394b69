// What the servers of this folder share: enough of the testee protocol for the exercise, on blocking and non-blocking
// sockets, and a listener. Each server is one architecture, in as few lines as show it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct conn { int fd, over; size_t have, from, to, blob; char in[16384], out[65536]; };

// fill puts answers into the output, as far as there is room, and tells whether there is anything to send.
static inline int fill(struct conn *c) {
  char *end;
  if (c->from == c->to) c->from = c->to = 0;
  for (size_t n; c->blob > 0 && c->to < sizeof c->out; c->blob -= n, c->to += n) {
    n = c->blob < sizeof c->out - c->to ? c->blob : sizeof c->out - c->to;
    memset(c->out + c->to, 'b', n);
    if (n == c->blob) c->out[c->to + n - 1] = '\n';
  }
  while (!c->blob && sizeof c->out - c->to > sizeof c->in && (end = memchr(c->in, '\n', c->have))) {
    *end = 0;
    if (!strncmp(c->in, "echo ", 5)) c->to += sprintf(c->out + c->to, "%s\n", c->in + 5);
    else if (!strncmp(c->in, "blob ", 5)) c->blob = atol(c->in + 5);
    else c->to += sprintf(c->out + c->to, "error: unknown request\n");
    c->have -= end + 1 - c->in;
    memmove(c->in, end + 1, c->have);
  }
  return c->to > c->from || c->blob;
}

// turn reads once and answers what is complete. It gives what to wait for, EPOLLIN or EPOLLOUT, or 0 when it is over. On
// a blocking socket it never gives EPOLLOUT.
static inline int turn(struct conn *c) {
  for (int read = 0;; read = 1) {
    while (fill(c)) {
      ssize_t n = send(c->fd, c->out + c->from, c->to - c->from, MSG_NOSIGNAL);
      if (n < 0) return errno == EAGAIN ? EPOLLOUT : 0;
      c->from += n;
    }
    if (read) return EPOLLIN;
    ssize_t n = recv(c->fd, c->in + c->have, sizeof c->in - c->have, 0);
    if (n < 0 && errno == EAGAIN) return EPOLLIN;
    if (n <= 0) return 0;
    c->have += n;
  }
}

static inline void bye(struct conn *c) { close(c->fd), free(c); }

static inline struct conn *hello(int fd) {
  struct conn *c = calloc(1, sizeof *c);
  c->fd = fd;
  return c;
}

// serve_whole serves a connection to its end, on a blocking socket.
static inline void serve_whole(int fd) {
  struct conn *c = hello(fd);
  while (turn(c)) {}
  bye(c);
}

static inline int door(const char *port, int flags) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(atoi(port)), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  int fd = socket(AF_INET, SOCK_STREAM | flags, 0);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
  if (bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 1024)) perror("listen"), exit(1);
  return fd;
}

static inline pthread_t thread(void *(*run)(void *), void *arg) {
  pthread_t t;
  if (pthread_create(&t, NULL, run, arg)) perror("pthread_create"), exit(1);
  return t;
}

static inline void watch(int set, int op, int fd, unsigned events, void *data) {
  struct epoll_event e = {.events = events, .data.ptr = data};
  if (epoll_ctl(set, op, fd, &e)) perror("epoll_ctl"), exit(1);
}
