// A thread for each connection, and a helper in a session of its own; and all this ends badly. "crash" falls over at its
// tenth client, "hang" answers its first clients and then nobody, "daemon" goes to the background, "stubborn" ignores
// signals that ask it to end.
#include "line.h"

#include <signal.h>

static const char *how;
static int clients;

static void *serve(void *fd) {
  int n = __atomic_add_fetch(&clients, 1, __ATOMIC_SEQ_CST);
  if (n == 10 && !strcmp(how, "crash")) abort();
  while (n >= 10 && !strcmp(how, "hang")) pause();
  serve_whole((long)fd);
  return NULL;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  how = argv[2];
  if (!strcmp(how, "daemon") && fork()) return 0;
  if (!strcmp(how, "stubborn")) signal(SIGTERM, SIG_IGN), signal(SIGINT, SIG_IGN), signal(SIGHUP, SIG_IGN);
  if (!fork())
    for (setsid();;) pause();
  for (int listener = door(argv[1], 0);;) {
    int fd = accept(listener, NULL, NULL);
    pthread_detach(thread(serve, (void *)(long)fd));
  }
}
