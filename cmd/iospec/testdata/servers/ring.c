// io_uring for something other than a Proactor. With "files", an epoll reactor that writes its log through a ring. With
// "poll", the ring tells of readiness (IORING_OP_POLL_ADD), and the server itself accepts, reads and writes.
#include "line.h"
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>

static int ring, listener, set;
static unsigned *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail, *cq_mask;
static struct io_uring_sqe *sqes;
static struct io_uring_cqe *cqes;

static void make_ring(void) {
  struct io_uring_params p = {0};
  ring = syscall(SYS_io_uring_setup, 256, &p);
  if (ring < 0) perror("io_uring_setup"), exit(1);
  size_t size = p.cq_off.cqes + p.cq_entries * sizeof *cqes, sq = p.sq_off.array + p.sq_entries * sizeof(unsigned);
  char *at = mmap(0, size > sq ? size : sq, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
  sqes = mmap(0, p.sq_entries * sizeof *sqes, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
  sq_tail = (void *)(at + p.sq_off.tail), sq_mask = (void *)(at + p.sq_off.ring_mask), sq_array = (void *)(at + p.sq_off.array);
  cq_head = (void *)(at + p.cq_off.head), cq_tail = (void *)(at + p.cq_off.tail), cq_mask = (void *)(at + p.cq_off.ring_mask);
  cqes = (void *)(at + p.cq_off.cqes);
}

static void submit(struct io_uring_sqe s) {
  unsigned at = *sq_tail & *sq_mask;
  sqes[at] = s, sq_array[at] = at;
  __atomic_store_n(sq_tail, *sq_tail + 1, __ATOMIC_RELEASE);
  if (syscall(SYS_io_uring_enter, ring, 1, 0, 0, NULL, 0) != 1) perror("io_uring_enter"), exit(1);
}

static void poll_for(int fd, unsigned events, void *data) {
  submit((struct io_uring_sqe){.opcode = IORING_OP_POLL_ADD, .fd = fd, .poll32_events = events, .user_data = (unsigned long)data});
}

static void by_ring(void) {
  for (poll_for(listener, EPOLLIN, NULL);;) {
    while (*cq_head == __atomic_load_n(cq_tail, __ATOMIC_ACQUIRE)) syscall(SYS_io_uring_enter, ring, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0);
    struct conn *c = (void *)(unsigned long)cqes[*cq_head & *cq_mask].user_data;
    __atomic_store_n(cq_head, *cq_head + 1, __ATOMIC_RELEASE);
    if (!c) {
      for (int fd; (fd = accept4(listener, 0, 0, SOCK_NONBLOCK)) >= 0;) poll_for(fd, EPOLLIN, hello(fd));
      poll_for(listener, EPOLLIN, NULL);
      continue;
    }
    int wanted = turn(c);
    if (wanted) poll_for(c->fd, wanted, c);
    else bye(c);
  }
}

static void with_log(void) {
  static char line[] = "a turn\n";
  int log = memfd_create("log", 0), n;
  struct epoll_event events[64];
  set = epoll_create1(0);
  watch(set, EPOLL_CTL_ADD, listener, EPOLLIN, NULL);
  while ((n = epoll_wait(set, events, 64, -1)) >= 0 || errno == EINTR)
    for (int i = 0; i < n; i++) {
      struct conn *c = events[i].data.ptr;
      for (int fd; !c && (fd = accept4(listener, 0, 0, SOCK_NONBLOCK)) >= 0;) watch(set, EPOLL_CTL_ADD, fd, EPOLLIN, hello(fd));
      if (!c) continue;
      int wanted = turn(c);
      if (!wanted) bye(c);
      else if (wanted != (int)(events[i].events & (EPOLLIN | EPOLLOUT))) watch(set, EPOLL_CTL_MOD, c->fd, wanted, c);
      submit((struct io_uring_sqe){.opcode = IORING_OP_WRITE, .fd = log, .addr = (unsigned long)line, .len = sizeof line - 1, .off = -1});
      __atomic_store_n(cq_head, __atomic_load_n(cq_tail, __ATOMIC_ACQUIRE), __ATOMIC_RELEASE);
    }
}

int main(int argc, char **argv) {
  listener = door(argv[1], SOCK_NONBLOCK);
  make_ring();
  if (argc > 2 && !strcmp(argv[2], "poll")) by_ring();
  else with_log();
}
