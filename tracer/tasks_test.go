//go:build linux && (amd64 || arm64)

package tracer

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/iospec/iospec/trace"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// The tracees here are C programs, because a Go program cannot fork, and has threads of its own. each prints what it did.

func program(t *testing.T, source string, flags ...string) Command {
	return Command{Path: compile(t, "#define _GNU_SOURCE\n"+source, flags...)}
}

// counts reads the "name number" lines of a tracee.
func (r *recorded) counts() map[string]int {
	all := map[string]int{}
	for line := range strings.Lines(r.out) {
		name, number, ok := strings.Cut(strings.TrimSpace(line), " ")
		require.True(r.t, ok, line)
		n, err := strconv.Atoi(number)
		require.NoError(r.t, err)
		all[name] = n
	}
	return all
}

func (r *recorded) born(how string) (all []trace.Born) {
	for _, rec := range r.records {
		if rec.Born != nil && rec.Born.How == how {
			all = append(all, *rec.Born)
		}
	}
	return all
}

func (r *recorded) exits() map[int]trace.Exit {
	all := map[int]trace.Exit{}
	for _, rec := range r.records {
		if rec.Exit != nil {
			all[rec.Exit.TID] = *rec.Exit
		}
	}
	return all
}

func (r *recorded) execs() (all []trace.Exec) {
	for _, rec := range r.records {
		if rec.Exec != nil {
			all = append(all, *rec.Exec)
		}
	}
	return all
}

const manyChildren = `
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv) {
	int n = atoi(argv[1]), reaped = 0, running = 0;
	for (int i = 0; i < n; i++) {
		pid_t pid = fork();
		if (pid < 0) { perror("fork"); return 1; }
		if (pid == 0) { int p[2]; char b; if (pipe(p)) _exit(9); if (write(p[1], "x", 1) != 1 || read(p[0], &b, 1) != 1) _exit(8); _exit(i % 7); }
		if (++running == 50) while (running && wait(NULL) > 0) { running--; reaped++; }
	}
	while (wait(NULL) > 0) reaped++;
	printf("forks %d\nreaped %d\n", n, reaped);
}`

func TestThousandsOfShortLivedChildren(t *testing.T) {
	const n = 3000
	cmd := program(t, manyChildren)
	cmd.Args = []string{cmd.Path, strconv.Itoa(n)}
	r := record(t, cmd, Options{})
	r.wellFormed()
	require.Equal(t, map[string]int{"forks": n, "reaped": n}, r.counts())
	children := r.born("fork")
	require.Len(t, children, n)
	exits, reaped := r.exits(), map[int]bool{}
	for i, child := range children {
		require.Equal(t, i%7, exits[child.TID].Status)
		require.True(t, exits[child.TID].Leader)
	}
	for _, c := range r.named("wait4") {
		if c.Result > 0 {
			require.Equal(t, int(c.Result), c.Child)
			reaped[c.Child] = true
		}
	}
	require.Len(t, reaped, n)
	r.ownPipes(n)
}

// ownPipes checks that each of n children wrote and read its own pipe.
func (r *recorded) ownPipes(n int) {
	reads, writes := map[int]trace.Object{}, map[int]trace.Object{}
	for _, c := range r.calls() {
		if c.Result == 1 && c.Name == "read" {
			reads[c.PID] = c.Object
		}
		if c.Result == 1 && c.Name == "write" {
			writes[c.PID] = c.Object
		}
	}
	require.Len(r.t, reads, n)
	require.Equal(r.t, writes, reads)
}

const manyThreads = `
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int p[2];
void *one(void *x) { if (write(p[1], "x", 1) != 1) exit(1); return x; }
int main(int argc, char **argv) {
	int n = atoi(argv[1]), got = 0; pthread_t t[25]; char b[25];
	if (pipe(p)) return 1;
	for (int i = 0; i < n; i += 25) {
		for (int j = 0; j < 25; j++) if (pthread_create(&t[j], NULL, one, NULL)) return 2;
		for (int j = 0; j < 25; j++) pthread_join(t[j], NULL);
		for (int k = 0; k < 25; ) { int r = read(p[0], b, 25); if (r <= 0) return 3; k += r; got += r; }
	}
	printf("threads %d\nread %d\n", n, got);
}`

func TestThousandsOfThreads(t *testing.T) {
	const n = 3000
	cmd := program(t, manyThreads, "-pthread")
	cmd.Args = []string{cmd.Path, strconv.Itoa(n)}
	r := record(t, cmd, Options{})
	r.wellFormed()
	require.Equal(t, map[string]int{"threads": n, "read": n}, r.counts())
	require.Len(t, r.born("thread"), n)
	writers := map[int]bool{}
	for _, c := range r.named("write") {
		if c.Want == 1 {
			writers[c.TID] = true
		}
	}
	require.Len(t, writers, n)
	for _, b := range r.born("thread") {
		require.True(t, writers[b.TID])
		require.NotEqual(t, b.PID, b.TID)
		require.NotZero(t, b.Flags&unix.CLONE_FILES)
	}
}

// endInside: threads that sit in read when the process ends by exit_group.
const endInside = `
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
int p[2], tids[5];
void *sit(void *x) { char b; tids[(long)x] = syscall(SYS_gettid); if (read(p[0], &b, 1)) abort(); return x; }
/* sits tells whether the thread sleeps in read, as /proc says */
int sits(int tid) {
	char path[64], text[64] = ""; sprintf(path, "/proc/self/task/%d/syscall", tid);
	FILE *f = fopen(path, "r"); if (!f) return 0;
	if (!fgets(text, sizeof text, f)) text[0] = 0;
	fclose(f);
	return atoi(text) == SYS_read && text[0] >= '0' && text[0] <= '9';
}
int main(void) {
	pthread_t t;
	if (pipe(p)) return 1;
	for (long i = 0; i < 5; i++) pthread_create(&t, NULL, sit, (void *)i);
	for (int i = 0; i < 5; i++) while (!__atomic_load_n(&tids[i], __ATOMIC_SEQ_CST) || !sits(tids[i])) usleep(1000);
	printf("inside 5\n"); fflush(stdout);
	_exit(7);
}`

func TestThreadsThatDieInACall(t *testing.T) {
	r := record(t, program(t, endInside, "-pthread"), Options{})
	r.wellFormed()
	require.Equal(t, Status{Code: 7}, r.status)
	inside := 0
	for _, c := range r.named("read") {
		if c.Exit == 0 {
			require.Equal(t, int64(1), c.Want)
			require.True(t, strings.HasPrefix(string(c.Object), "pipe:"))
			require.NotEqual(t, c.PID, c.TID)
			inside++
		}
	}
	require.Equal(t, r.counts()["inside"], inside)
}

// execWhileForking: one thread forks all the time while another, which is not the leader, calls execve.
const execWhileForking = `
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
int begun[2];
void *forks(void *x) {
	for (int i = 0;; i++) {
		pid_t pid = fork();
		if (pid == 0) _exit(0);
		if (i == 3 && write(begun[1], "x", 1) != 1) _exit(9);
		if (pid > 0) waitpid(pid, NULL, 0);
	}
	return x;
}
void *execs(void *x) {
	char b, tid[20]; sprintf(tid, "%ld", syscall(SYS_gettid));
	if (read(begun[0], &b, 1) != 1) _exit(8);
	execl("/proc/self/exe", "again", tid, NULL);
	_exit(9);
	return x;
}
int main(int argc, char **argv) {
	pthread_t a, b;
	if (argc > 1) { printf("old %s\npid %d\n", argv[1], getpid()); return 0; }
	if (pipe2(begun, O_CLOEXEC)) return 1;
	pthread_create(&a, NULL, forks, NULL);
	pthread_create(&b, NULL, execs, NULL);
	pthread_join(a, NULL);
}`

func TestExecByAThreadWhileAnotherForks(t *testing.T) {
	cmd := program(t, execWhileForking, "-pthread")
	for range 60 {
		r := record(t, cmd, Options{})
		r.wellFormed()
		counts := r.counts()
		execs := r.execs()
		require.Len(t, execs, 2)
		require.Equal(t, counts["old"], execs[1].Old)
		require.Equal(t, counts["pid"], execs[1].PID)
		require.Equal(t, cmd.Path, execs[1].Path)
		call := r.named("execve")[0]
		require.Equal(t, counts["old"], call.TID)
		require.NotZero(t, call.Exit)
		require.Zero(t, call.Result)
		writes := r.named("write")
		require.Equal(t, counts["pid"], writes[len(writes)-1].TID, "the new program runs under the process's id")
	}
}

const vforks = `
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv) {
	int st, keep = socket(AF_INET, SOCK_STREAM, 0), drop = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); char b;
	if (argc > 1) { /* after the exec: keep is 3, and 4 is free again */
		if (recv(3, &b, 1, 0) != -1) return 1;
		printf("kept 3\nnew %d\n", keep);
		return 5;
	}
	pid_t pid = vfork();
	if (pid == 0) { execl("/proc/self/exe", "child", "x", NULL); _exit(9); }
	if (waitpid(pid, &st, 0) != pid || drop < 0) return 2;
	printf("child %d\nstatus %d\n", pid, WEXITSTATUS(st));
}`

func TestVforkAndCloseOnExec(t *testing.T) {
	r := record(t, program(t, vforks), Options{})
	r.wellFormed()
	counts := r.counts()
	require.Equal(t, 5, counts["status"])
	child := r.born("vfork")
	require.Len(t, child, 1)
	require.Equal(t, counts["child"], child[0].TID)
	var sockets []trace.Object
	for _, c := range r.named("socket") {
		sockets = append(sockets, c.Made[0].Object)
	}
	require.Len(t, sockets, 4)
	recv := r.named("recvfrom")[0]
	require.Equal(t, sockets[0], recv.Object, "a descriptor that survived exec")
	for _, c := range r.named("socket")[2:] {
		require.NotContains(t, sockets[:2], c.Made[0].Object, "a number that close-on-exec had freed")
	}
}

const sharedTable = `
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>
int e;
int child(void *x) { (void)x; e = epoll_create1(0); return 0; }
int main(void) { /* a process of its own that shares memory and descriptors */
	char *stack = malloc(65536); struct epoll_event ev; int st;
	int pid = clone(child, stack + 65536, CLONE_VM | CLONE_FILES | SIGCHLD, NULL);
	if (waitpid(pid, &st, 0) != pid) return 1;
	if (epoll_wait(e, &ev, 1, 0) != 0) return 2;
	if (unshare(CLONE_FILES)) return 3;
	printf("child %d\n", pid);
}`

func TestAProcessThatSharesTheTable(t *testing.T) {
	r := record(t, program(t, sharedTable), Options{})
	r.wellFormed()
	born := r.born("fork")
	require.Len(t, born, 1)
	require.Equal(t, r.counts()["child"], born[0].PID)
	require.NotZero(t, born[0].Flags&unix.CLONE_FILES)
	wait := r.named("epoll_wait")
	if len(wait) == 0 {
		wait = r.named("epoll_pwait")
	}
	require.Equal(t, trace.Object("epoll:1"), wait[0].Object)
}

const selfStopping = `
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
int handled; int p[2];
void on(int s) { handled += s == SIGUSR1; }
void *idle(void *x) { char b; return read(p[0], &b, 1) == 1 ? x : (void *)1; }
int main(void) {
	int st, stops = 0, go[2]; char b; pthread_t t;
	if (pipe(go)) return 1;
	struct sigaction a; memset(&a, 0, sizeof a); a.sa_handler = on; sigaction(SIGUSR1, &a, NULL);
	raise(SIGUSR1);
	pid_t pid = fork();
	if (pid == 0) { /* stops as a group of two threads, one of them in read, and goes on when told to */
		if (pipe(p)) _exit(9);
		pthread_create(&t, NULL, idle, NULL);
		raise(SIGSTOP);
		if (read(go[0], &b, 1) != 1 || write(p[1], "x", 1) != 1) _exit(8);
		pthread_join(t, NULL);
		_exit(3);
	}
	if (waitpid(pid, &st, WUNTRACED) == pid && WIFSTOPPED(st)) stops++;
	char state = 0, path[40], text[200]; sprintf(path, "/proc/%d/stat", pid);
	while (state != 'T' && state != 't') { /* stays stopped */
		FILE *f = fopen(path, "r"); if (!f || !fgets(text, sizeof text, f)) return 4;
		state = strrchr(text, ')')[2]; fclose(f);
	}
	kill(pid, SIGCONT);
	if (waitpid(pid, &st, WCONTINUED) != pid || !WIFCONTINUED(st)) return 5;
	if (write(go[1], "x", 1) != 1 || waitpid(pid, &st, 0) != pid) return 6;
	printf("handled %d\nstops %d\nstatus %d\n", handled, stops, WEXITSTATUS(st));
	fflush(stdout);
	kill(getpid(), SIGTERM);
	pause();
}`

func TestSignalsAndGroupStops(t *testing.T) {
	r := record(t, program(t, selfStopping, "-pthread"), Options{})
	r.wellFormed()
	require.Equal(t, map[string]int{"handled": 1, "stops": 1, "status": 3}, r.counts())
	require.Equal(t, Status{Signal: unix.SIGTERM}, r.status)
	for _, e := range r.exits() {
		if e.Signal != "" {
			require.Equal(t, "SIGTERM", e.Signal)
		}
	}
}

// interrupted sits in poll and in read while its parent stops it and lets it go on: poll goes on by restart_syscall.
const interrupted = `
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
char state(int pid) {
	char path[40], text[200] = ""; sprintf(path, "/proc/%d/stat", pid);
	FILE *f = fopen(path, "r"); if (!f || !fgets(text, sizeof text, f)) exit(7);
	fclose(f);
	return strrchr(text, ')')[2];
}
int in(int pid, int nr) {
	char path[40], text[200] = ""; sprintf(path, "/proc/%d/syscall", pid);
	FILE *f = fopen(path, "r"); if (!f) exit(8);
	if (!fgets(text, sizeof text, f)) text[0] = 0;
	fclose(f);
	return text[0] >= '0' && text[0] <= '9' && atoi(text) == nr;
}
void disturb(int pid, int nr) {
	int st;
	while (!in(pid, nr) || state(pid) != 'S') usleep(500);
	kill(pid, SIGSTOP);
	if (waitpid(pid, &st, WUNTRACED) != pid || !WIFSTOPPED(st)) exit(4);
	kill(pid, SIGCONT);
	if (waitpid(pid, &st, WCONTINUED) != pid) exit(5);
}
int main(void) {
	int p[2], st; char b;
	if (pipe(p)) return 1;
	pid_t pid = fork();
	if (pid == 0) {
		struct pollfd f = {p[0], POLLIN, 0};
		if (syscall(SYS_ppoll, &f, 1, &(struct timespec){600, 0}, NULL, 0) != 1) _exit(1);
		if (read(p[0], &b, 1) != 1) _exit(2);
		_exit(read(p[0], &b, 1) == 1 ? 0 : 3);
	}
	disturb(pid, SYS_ppoll);
	if (write(p[1], "x", 1) != 1) return 2;
	disturb(pid, SYS_read);
	if (write(p[1], "x", 1) != 1) return 2;
	if (waitpid(pid, &st, 0) != pid) return 3;
	printf("child %d\nstatus %d\n", pid, WEXITSTATUS(st));
}`

func TestInterruptedCallsGoOn(t *testing.T) {
	r := record(t, program(t, interrupted), Options{})
	r.wellFormed()
	counts := r.counts()
	require.Zero(t, counts["status"])
	var polls, reads []*trace.Call
	for _, c := range r.calls() {
		if c.TID == counts["child"] && c.Name == "ppoll" {
			polls = append(polls, c)
		}
		if c.TID == counts["child"] && c.Name == "read" {
			reads = append(reads, c)
		}
	}
	require.GreaterOrEqual(t, len(polls), 2)
	require.True(t, strings.HasPrefix(polls[0].Errno, "ERESTART"), polls[0].Errno)
	last := polls[len(polls)-1]
	require.Equal(t, int64(1), last.Result)
	require.Equal(t, trace.In, last.Polls[0].Revents)
	require.Zero(t, polls[0].Polls[0].Revents, "the first record must not change with the second")
	require.Equal(t, polls[0].NFDs, last.NFDs)
	require.GreaterOrEqual(t, len(reads), 3)
	require.Equal(t, "ERESTARTSYS", reads[1].Errno)
	require.Equal(t, int64(1), reads[len(reads)-1].Result)
}

func TestStaticBinary(t *testing.T) {
	cmd := program(t, manyChildren, "-static")
	cmd.Args = []string{cmd.Path, "3"}
	r := record(t, cmd, Options{})
	r.wellFormed()
	require.Len(t, r.born("fork"), 3)
}

// zombies leaves three children unreaped and waits to be told to end.
const zombies = `
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
	int st;
	for (int i = 0; i < 4; i++) if (fork() == 0) _exit(0);
	if (wait(&st) < 0) return 1;
	puts("ready 1"); fflush(stdout);
	pause();
}`

func TestZombiesAreCounted(t *testing.T) {
	cmd := program(t, zombies)
	var sink tape
	p, err := Start(context.Background(), cmd, &sink, Options{})
	skipIfRefused(t, err)
	require.NoError(t, err)
	defer p.Kill()
	require.Eventually(t, func() bool { return p.Zombies() == 3 && p.Tasks() == 1 }, patience, time.Millisecond)
	require.NoError(t, p.Signal(unix.SIGTERM))
	status, err := p.Wait()
	require.NoError(t, err)
	require.Equal(t, unix.SIGTERM, status.Signal)
	end := sink.records[len(sink.records)-1].End
	require.Equal(t, 3, end.Zombies)
	require.Equal(t, "stopped", end.Reason)
	require.ErrorIs(t, p.Signal(unix.SIGTERM), os.ErrProcessDone)
}

func TestRecordsAreJSON(t *testing.T) {
	r := record(t, Command{Path: "true"}, Options{Address: "127.0.0.1:1"})
	for _, rec := range r.records {
		b, err := json.Marshal(rec)
		require.NoError(t, err)
		var back map[string]any
		require.NoError(t, json.Unmarshal(b, &back))
		require.Len(t, back, 1, fmt.Sprint(string(b)))
	}
	require.Equal(t, "127.0.0.1:1", r.records[0].Header.Address)
}

// killedWhileForking kills, again and again, a process that does nothing but fork: some of its children are born to a
// parent that can no longer tell of them. They must run all the same, or the last read would never see the end.
const killedWhileForking = `
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
	int p[2], killed = 0; char b;
	if (pipe(p)) return 1;
	for (int i = 0; i < 150; i++) {
		pid_t pid = fork();
		if (pid == 0) { signal(SIGCHLD, SIG_IGN); for (;;) if (fork() == 0) { if (write(p[1], "x", 1) != 1) _exit(1); _exit(0); } }
		for (int k = 0; k < 1 + i % 3; k++) if (read(p[0], &b, 1) != 1) return 2;
		kill(pid, SIGKILL);
		if (waitpid(pid, NULL, 0) == pid) killed++;
	}
	close(p[1]);
	while (read(p[0], &b, 1) == 1);
	printf("killed %d\n", killed);
}`

func TestChildrenOfTheKilledGoOn(t *testing.T) {
	r := record(t, program(t, killedWhileForking), Options{})
	r.wellFormed()
	require.Equal(t, 150, r.counts()["killed"])
}

// passing: one process makes an epoll instance and sends it to another, which had no part in making it.
const passing = `
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
union { struct cmsghdr h; char b[CMSG_SPACE(sizeof(int))]; } u;
int main(void) {
	int pair[2], st; char x = 0;
	struct iovec v = {&x, 1}; struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = u.b, .msg_controllen = sizeof u.b};
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) return 1;
	pid_t pid = fork();
	if (pid == 0) {
		int other = epoll_create1(0), fd; struct epoll_event ev;
		if (recvmsg(pair[0], &m, 0) != 1 || other < 0) _exit(2);
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof fd);
		_exit(epoll_wait(fd, &ev, 1, 0) != 0);
	}
	epoll_create1(0);
	int e = epoll_create1(0);
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET; c->cmsg_type = SCM_RIGHTS; c->cmsg_len = CMSG_LEN(sizeof e); memcpy(CMSG_DATA(c), &e, sizeof e);
	if (sendmsg(pair[1], &m, 0) != 1 || waitpid(pid, &st, 0) != pid) return 3;
	printf("child %d\nstatus %d\nfd %d\n", pid, WEXITSTATUS(st), e);
}`

func TestDescriptorsPassedToAnotherProcess(t *testing.T) {
	r := record(t, program(t, passing), Options{})
	r.wellFormed()
	counts := r.counts()
	require.Zero(t, counts["status"])
	sent, got := r.named("sendmsg")[0].Passed, r.named("recvmsg")[0].Passed
	require.Len(t, sent, 1)
	require.Equal(t, counts["fd"], sent[0].FD)
	require.Len(t, got, 1)
	require.Equal(t, sent[0].Object, got[0].Object)
	require.NotEmpty(t, sent[0].Object)
	for _, c := range r.calls() {
		if c.Family == trace.FamilyWait {
			require.Equal(t, sent[0].Object, c.Object)
		}
		if c.Family == trace.FamilyEpoll && c.PID == counts["child"] {
			require.NotEqual(t, sent[0].Object, c.Made[0].Object)
		}
	}
}
