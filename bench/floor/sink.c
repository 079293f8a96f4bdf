/*
 * sink SECONDS
 *
 * Accepts every connection on a free port of 127.0.0.1 and closes it at once: the least that a far end can do, so that
 * what opens connections is measured and not what takes them. It prints the port; it ends after SECONDS or on SIGTERM.
 */
#define _GNU_SOURCE /* accept4 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void die(const char *what) {
  perror(what);
  exit(1);
}

int main(int count, char **arguments) {
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof here;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  if (bind(fd, (struct sockaddr *)&here, sizeof here) < 0) die("bind");
  if (listen(fd, 65535) < 0) die("listen");
  if (getsockname(fd, (struct sockaddr *)&here, &size) < 0) die("getsockname");
  printf("{\"port\":%d}\n", ntohs(here.sin_port));
  fflush(stdout);
  alarm(count > 1 ? (unsigned)atoi(arguments[1]) : 60);
  for (;;) {
    int taken = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
    if (taken >= 0) close(taken);
  }
}
