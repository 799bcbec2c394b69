/* A program that uses POSIX aio, to be recorded: what the C library makes of it is seen in its system calls. It plays the
 * part that its argument names, and says what it saw in lines of a word and a number. Nothing in it waits for a time. */
#define _GNU_SOURCE
#include <aio.h>
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { many = 64, size = 32 };

static void need(int ok, const char *what) {
	if (!ok) {
		perror(what);
		exit(1);
	}
}

/* connection makes a TCP connection over loopback: two sockets that block. */
static void connection(int *client, int *server) {
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof at;
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	need(listener >= 0 && !bind(listener, (void *)&at, sizeof at) && !listen(listener, 1), "listen");
	need(!getsockname(listener, (void *)&at, &length), "getsockname");
	*client = socket(AF_INET, SOCK_STREAM, 0);
	need(*client >= 0 && !connect(*client, (void *)&at, sizeof at), "connect");
	*server = accept(listener, NULL, NULL);
	need(*server >= 0, "accept");
	close(listener);
}

static struct aiocb request(int fd, char *buffer) {
	struct aiocb r = {.aio_fildes = fd, .aio_buf = buffer, .aio_nbytes = size};
	r.aio_sigevent.sigev_notify = SIGEV_NONE;
	return r;
}

/* completed waits until the request is over and gives its result. */
static long completed(struct aiocb *r) {
	const struct aiocb *list[1] = {r};
	while (aio_error(r) == EINPROGRESS)
		need(!aio_suspend(list, 1, NULL) || errno == EINTR, "aio_suspend");
	return aio_return(r);
}

/* threads counts this process's threads, and of these the ones that are in read(2). */
static void threads(int *all, int *reading) {
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *task;
	need(tasks != NULL, "/proc/self/task");
	*all = *reading = 0;
	while ((task = readdir(tasks))) {
		char path[512];
		long call = -1;
		if (task->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "/proc/self/task/%s/syscall", task->d_name);
		FILE *file = fopen(path, "r");
		if (!file && atol(task->d_name) != getpid())
			continue; /* it has ended, or is about to: then the kernel refuses */
		need(file != NULL, path);
		if (fscanf(file, "%ld", &call) != 1)
			call = -1; /* it runs */
		fclose(file);
		++*all;
		*reading += call == SYS_read && atol(task->d_name) != getpid();
	}
	closedir(tasks);
}

/* blocked waits until every thread but this one is in read(2), and gives how many there are. */
static int blocked(void) {
	int all, reading;
	for (;;) {
		threads(&all, &reading);
		if (reading == all - 1)
			return reading;
		sched_yield();
	}
}

static void file(void) {
	char buffer[size];
	struct aiocb r = request(open("/proc/self/exe", O_RDONLY), buffer);
	need(!aio_read(&r), "aio_read");
	printf("read %ld\n", completed(&r));
}

static void echo(void) {
	char buffer[size], back[size];
	int client, server;
	connection(&client, &server);
	struct aiocb in = request(server, buffer);
	need(!aio_read(&in), "aio_read");
	need(send(client, "hello", 5, 0) == 5, "send");
	long n = completed(&in);
	struct aiocb out = request(server, buffer);
	out.aio_nbytes = n;
	need(!aio_write(&out), "aio_write");
	completed(&out);
	n = recv(client, back, size, 0);
	printf("echoed %ld\n", n == 5 && !memcmp(back, "hello", 5) ? n : -1);
}

/* crowd reads from n sockets at once; of these the last has data, and in the end as many others as are in its way. */
static void crowd(int n) {
	static char buffers[many][size];
	static struct aiocb reads[many];
	int client[many], server[many];
	need(n <= many, "too many sockets");
	for (int i = 0; i < n; i++) {
		connection(&client[i], &server[i]);
		reads[i] = request(server[i], buffers[i]);
		need(!aio_read(&reads[i]), "aio_read");
	}
	int helpers = blocked();
	printf("helpers %d\n", helpers);
	need(send(client[n - 1], "last", 4, 0) == 4, "send");
	blocked();
	printf("waits %d\n", aio_error(&reads[n - 1]) == EINPROGRESS);
	for (int i = 0; i < n - helpers; i++)
		need(send(client[i], "some", 4, 0) == 4, "send");
	printf("read %ld\n", completed(&reads[n - 1]));
}

/* duplex writes to a socket while a read from it is under way. */
static void duplex(void) {
	char buffer[size], back[size];
	int client, server;
	connection(&client, &server);
	struct aiocb in = request(server, buffer), out = request(server, "reply");
	out.aio_nbytes = 5;
	need(!aio_read(&in), "aio_read");
	blocked();
	need(!aio_write(&out), "aio_write");
	blocked();
	printf("held %d\n", aio_error(&out) == EINPROGRESS && recv(client, back, size, MSG_DONTWAIT) < 0);
	need(send(client, "more", 4, 0) == 4, "send");
	completed(&in);
	printf("written %ld\n", completed(&out));
}

/* withdraw tries to cancel a read that is under way. */
static void withdraw(void) {
	char buffer[size];
	int client, server;
	connection(&client, &server);
	struct aiocb in = request(server, buffer);
	need(!aio_read(&in), "aio_read");
	blocked();
	printf("cancelled %d\n", aio_cancel(server, &in) == AIO_CANCELED);
	need(send(client, "end", 3, 0) == 3, "send");
	printf("read %ld\n", completed(&in));
}

int main(int argc, char **argv) {
	const char *part = argc > 1 ? argv[1] : "";
	alarm(60); /* whatever happens, it does not stay */
#ifdef __GLIBC__
	printf("glibc %d\n", __GLIBC_MINOR__);
#endif
	if (!strcmp(part, "file"))
		file();
	else if (!strcmp(part, "echo"))
		echo();
	else if (!strcmp(part, "crowd") && argc > 2)
		crowd(atoi(argv[2]));
	else if (!strcmp(part, "duplex"))
		duplex();
	else if (!strcmp(part, "withdraw"))
		withdraw();
	else
		return 2;
	return 0;
}
