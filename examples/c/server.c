// The testee protocol in C: one thread, epoll, edge-triggered, with the short-read rule.
//
//	cc -O2 -o server server.c && iospec identify --protocol line -- ./server {port}
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct conn { int fd, more, quit; size_t have, from, to, blob; char in[16384], out[65536]; };

static int starts(const char *line, const char *verb) { return strncmp(line, verb, strlen(verb)) == 0; }

static int answer(struct conn *c, const char *line, char *out) {
  clockid_t cpu = CLOCK_THREAD_CPUTIME_ID;
  struct timespec now, until;
  long ms = strchr(line, ' ') ? atol(strchr(line, ' ')) : 0;
  if (starts(line, "echo ")) return sprintf(out, "%s\n", line + 5);
  if (starts(line, "whoami")) return sprintf(out, "%d %d\n", getpid(), gettid());
  if (starts(line, "sleep ")) return usleep(ms * 1000), sprintf(out, "slept %ld\n", ms);
  if (starts(line, "blob ")) return c->blob = ms, 0;
  if (starts(line, "quit")) return c->quit = 1, 0;
  if (!starts(line, "spin ")) return sprintf(out, "error: unknown request\n");
  for (clock_gettime(cpu, &until), now = until; (now.tv_sec - until.tv_sec) * 1000 + (now.tv_nsec - until.tv_nsec) / 1000000 < ms;)
    clock_gettime(cpu, &now);
  return sprintf(out, "spun %ld\n", ms);
}

// fill puts answers into the output, as far as there is room, and tells whether there is anything to send.
static int fill(struct conn *c) {
  char *end;
  if (c->from == c->to) c->from = c->to = 0;
  for (size_t n; c->blob > 0 && c->to < sizeof c->out; c->blob -= n, c->to += n) {
    n = c->blob < sizeof c->out - c->to ? c->blob : sizeof c->out - c->to;
    memset(c->out + c->to, 'b', n);
    if (n == c->blob) c->out[c->to + n - 1] = '\n';
  }
  while (!c->blob && !c->quit && sizeof c->out - c->to > sizeof c->in && (end = memchr(c->in, '\n', c->have))) {
    *(end > c->in && end[-1] == '\r' ? end - 1 : end) = 0;
    c->to += answer(c, c->in, c->out + c->to);
    c->have -= end + 1 - c->in;
    memmove(c->in, end + 1, c->have);
  }
  return c->to > c->from || c->blob;
}

// serve goes on until the client has to do something: take its answers, or ask.
static void serve(struct conn *c) {
  for (;;) {
    while (fill(c)) {
      ssize_t n = send(c->fd, c->out + c->from, c->to - c->from, MSG_NOSIGNAL);
      if (n < 0 && errno == EAGAIN) return;
      if (n < 0) goto over;
      c->from += n;
    }
    if (c->quit || c->have == sizeof c->in) goto over;
    if (!c->more) return;
    size_t room = sizeof c->in - c->have;
    ssize_t n = recv(c->fd, c->in + c->have, room, 0);
    c->more = n == (ssize_t)room; // a short read: nothing is left, and what comes later is reported
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) goto over;
    c->have += n;
  }
over:
  close(c->fd);
  free(c);
}

int main(int argc, char **argv) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(argc > 1 ? atoi(argv[1]) : 7000), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  int door = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), set = epoll_create1(0), n;
  struct epoll_event events[64], e = {.events = EPOLLIN};
  setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
  if (bind(door, (struct sockaddr *)&at, sizeof at) || listen(door, 1024)) return perror("listen"), 1;
  epoll_ctl(set, EPOLL_CTL_ADD, door, &e);
  while ((n = epoll_wait(set, events, 64, -1)) >= 0 || errno == EINTR)
    for (int i = 0; i < n; i++) {
      struct conn *c = events[i].data.ptr;
      if (c) c->more |= events[i].events & (EPOLLIN | EPOLLHUP | EPOLLRDHUP | EPOLLERR), serve(c);
      for (int fd; !c && (fd = accept4(door, 0, 0, SOCK_NONBLOCK)) >= 0;) {
        struct conn *made = calloc(1, sizeof *made);
        made->fd = fd;
        struct epoll_event watch = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = made};
        epoll_ctl(set, EPOLL_CTL_ADD, fd, &watch);
      }
    }
  return perror("epoll_wait"), 1;
}
