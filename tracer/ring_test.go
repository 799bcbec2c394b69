//go:build linux && (amd64 || arm64)

package tracer

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/iospec/iospec/trace"
	"github.com/stretchr/testify/require"
)

// ringEcho serves one client of its own on a ring: it accepts, receives, sends and closes without any such system call.
// The arguments are set-up flags, and whether to register the ring's descriptor or to give the memory itself.
const ringEcho = `
#include <arpa/inet.h>
#include <errno.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#define LOAD(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define STORE(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)
struct cqe { unsigned long user_data; int res; unsigned flags; };
struct io_uring_params p;
int fd, enterfd, enterflags;
char *sq, *cq; struct io_uring_sqe *sqes;
unsigned *at(char *base, unsigned off) { return (unsigned *)(base + off); }
struct cqe run(int op, int target, void *addr, unsigned len, unsigned long data) {
	unsigned tail = *at(sq, p.sq_off.tail), i = tail & (p.sq_entries - 1);
	unsigned slot = p.flags & (1u << 16) ? i : (p.sq_entries - 1) - i; /* an order that is not the identity */
	struct io_uring_sqe *s = &sqes[slot];
	memset(s, 0, sizeof *s);
	s->opcode = op; s->fd = target; s->addr = (unsigned long)addr; s->len = len; s->user_data = data;
	if (!(p.flags & (1u << 16))) at(sq, p.sq_off.array)[i] = slot;
	STORE(at(sq, p.sq_off.tail), tail + 1);
	int flags = IORING_ENTER_GETEVENTS | enterflags;
	if (p.flags & IORING_SETUP_SQPOLL) flags |= IORING_ENTER_SQ_WAKEUP;
	for (;;) {
		unsigned head = *at(cq, p.cq_off.head);
		if (head != LOAD(at(cq, p.cq_off.tail))) {
			struct cqe c = ((struct cqe *)(cq + p.cq_off.cqes))[head & (p.cq_entries - 1)];
			STORE(at(cq, p.cq_off.head), head + 1);
			return c;
		}
		int r = syscall(__NR_io_uring_enter, enterfd, tail + 1 - LOAD(at(sq, p.sq_off.head)), 1, flags, NULL, 0);
		if (r < 0 && errno != EINTR) { perror("enter"); exit(1); }
	}
}
int main(int argc, char **argv) {
	p.flags = strtoul(argv[1], NULL, 0);
	if (!strcmp(argv[2], "memory")) { /* IORING_SETUP_NO_MMAP */
		p.flags |= 1u << 14;
		char *m = mmap(NULL, 1 << 22, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_SHARED | MAP_POPULATE, -1, 0);
		*(unsigned long *)((char *)&p + 72) = (unsigned long)m; /* sq_off.user_addr, cq_off.user_addr */
		*(unsigned long *)((char *)&p + 112) = (unsigned long)(m + 4096);
		sqes = (void *)m; sq = cq = m + 4096;
	}
	fd = enterfd = syscall(__NR_io_uring_setup, 8, &p);
	if (fd < 0) { printf("errno %d\n", errno); return 0; }
	if (!sq) {
		size_t sqsize = p.sq_off.array + p.sq_entries * 4, cqsize = p.cq_off.cqes + p.cq_entries * 16;
		size_t size = sqsize > cqsize ? sqsize : cqsize;
		sq = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, IORING_OFF_SQ_RING);
		cq = argc > 3 ? mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, IORING_OFF_CQ_RING) : sq;
		sqes = mmap(NULL, p.sq_entries * sizeof *sqes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, IORING_OFF_SQES);
	}
	if (!strcmp(argv[2], "registered")) {
		struct io_uring_rsrc_update u = {.offset = -1U, .data = fd};
		if (syscall(__NR_io_uring_register, fd, 20, &u, 1) != 1) { perror("register"); return 1; }
		enterfd = u.offset; enterflags = 1 << 4;
	}
	int l = socket(AF_INET, SOCK_STREAM, 0), c = socket(AF_INET, SOCK_STREAM, 0); struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t n = sizeof a; char buf[64];
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(l, (void *)&a, n) || listen(l, 5) || getsockname(l, (void *)&a, &n)) return 2;
	if (connect(c, (void *)&a, n) || getsockname(c, (void *)&a, &n)) return 3;
	for (int i = 0; i < 20; i++) { /* the queue goes round more than once */
		struct cqe e = run(IORING_OP_NOP, -1, NULL, 0, 1000 + i);
		if (e.user_data != 1000 + i || e.res) return 4;
	}
	int s = run(IORING_OP_ACCEPT, l, NULL, 0, 7).res;
	if (s < 0 || send(c, "hello", 5, 0) != 5) return 5;
	if (run(IORING_OP_RECV, s, buf, sizeof buf, 8).res != 5) return 6;
	if (run(IORING_OP_SEND, s, buf, 5, 9).res != 5 || recv(c, buf, 5, 0) != 5) return 7;
	if (run(IORING_OP_CLOSE, s, NULL, 0, 10).res) return 8;
	if (run(IORING_OP_RECV, s, buf, 1, 11).res != -EBADF) return 9;
	printf("listener %d\nserved %d\nport %d\nring %d\n", l, s, ntohs(a.sin_port), fd);
}`

func TestRings(t *testing.T) {
	if text, err := os.ReadFile("/proc/sys/kernel/io_uring_disabled"); err == nil && strings.TrimSpace(string(text)) != "0" {
		t.Skipf("SKIPPED: io_uring is switched off here (kernel.io_uring_disabled = %s)", text)
	}
	cmd := program(t, ringEcho)
	for name, args := range map[string][]string{
		"default":         {"0", "plain"},
		"two mappings":    {"0", "plain", "two"},
		"registered":      {"0", "registered"},
		"no array, defer": {"0x13000", "plain"},
		"own memory":      {"0x10000", "memory"},
		"sqpoll":          {"0x2", "plain"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := cmd
			cmd.Args = append([]string{cmd.Path}, args...)
			r := record(t, cmd, Options{})
			r.wellFormed()
			require.Equal(t, Status{}, r.status)
			counts := r.counts()
			if errno, refused := counts["errno"]; refused {
				t.Skipf("SKIPPED: this kernel refuses a ring with flags %s (errno %d)", args[0], errno)
			}
			asked, err := strconv.ParseUint(args[0], 0, 32)
			require.NoError(t, err)
			require.Equal(t, asked, r.named("io_uring_setup")[0].Flags&asked, "how it was set up")
			r.ringEcho(counts, args[0] == "0x2")
		})
	}
}

// ringEcho checks what the ring did, by what the tracee said of it.
func (r *recorded) ringEcho(counts map[string]int, polled bool) {
	var submitted []trace.SQE
	completed := map[uint64]trace.CQE{}
	for _, c := range r.named("io_uring_enter") {
		require.Equal(r.t, trace.Object("ring:1"), c.Object)
		require.NotNil(r.t, c.Ring)
		submitted = append(submitted, c.Ring.Submitted...)
		for _, e := range c.Ring.Completed {
			require.NotContains(r.t, completed, e.Data, "a completion was recorded twice")
			completed[e.Data] = e
		}
	}
	listener := r.named("listen")[0].Object
	served := r.socketWithPeer(counts["port"])
	want := []trace.SQE{
		{Op: "ACCEPT", FD: counts["listener"], Object: listener, Data: 7},
		{Op: "RECV", FD: counts["served"], Object: served, Data: 8, Len: 64},
		{Op: "SEND", FD: counts["served"], Object: served, Data: 9, Len: 5},
		{Op: "CLOSE", FD: counts["served"], Object: served, Data: 10},
		{Op: "RECV", FD: counts["served"], Data: 11, Len: 1},
	}
	if polled {
		r.sampled(submitted, want)
		return
	}
	require.Len(r.t, submitted, 25)
	for i := range submitted {
		submitted[i].Addr = 0
	}
	require.Equal(r.t, want, submitted[20:])
	require.Len(r.t, completed, 25)
	require.Equal(r.t, int32(counts["served"]), completed[7].Result)
	require.Equal(r.t, int32(5), completed[8].Result)
	require.Equal(r.t, int32(5), completed[9].Result)
	require.Less(r.t, completed[11].Result, int32(0))
}

// sampled: of a polled ring those operations are seen that the server made known by a call, in their order.
func (r *recorded) sampled(submitted, want []trace.SQE) {
	seen := map[uint64]string{}
	last := uint64(0)
	for _, s := range submitted {
		seen[s.Data] = s.Op
		if s.Data < 1000 {
			require.Less(r.t, last, s.Data)
			last = s.Data
		}
	}
	for _, w := range want {
		if op, ok := seen[w.Data]; ok {
			require.Equal(r.t, w.Op, op)
		}
	}
	require.NotEmpty(r.t, seen)
}

func (r *recorded) socketWithPeer(port int) trace.Object {
	for _, rec := range r.records {
		if s := rec.Socket; s != nil && strings.HasSuffix(s.Peer, ":"+strconv.Itoa(port)) {
			return s.Object
		}
	}
	return ""
}
