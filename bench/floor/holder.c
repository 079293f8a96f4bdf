/*
 * holder ADDRESS SECONDS
 *
 * Accepts every connection on a free port of ADDRESS and holds it until the far side closes. It prints the port, then,
 * once a second, how many it holds; it ends after SECONDS or on SIGTERM.
 */
#define _GNU_SOURCE /* accept4 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what) {
  perror(what);
  exit(1);
}

/* As many descriptors as the hard limit allows: one is needed for each held connection. */
static void raise_fd_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) die("getrlimit");
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) < 0) die("setrlimit");
}

static int listen_on(const char *address) {
  struct sockaddr_in here = {.sin_family = AF_INET};
  socklen_t size = sizeof here;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  if (inet_pton(AF_INET, address, &here.sin_addr) != 1) {
    fprintf(stderr, "holder: %s is no IPv4 address\n", address);
    exit(2);
  }
  if (bind(fd, (struct sockaddr *)&here, sizeof here) < 0) die("bind");
  if (listen(fd, 65535) < 0) die("listen");
  if (getsockname(fd, (struct sockaddr *)&here, &size) < 0) die("getsockname");
  printf("{\"port\":%d}\n", ntohs(here.sin_port));
  return fd;
}

static void watch(int epoll_fd, int fd) {
  struct epoll_event wanted = {.events = EPOLLIN | EPOLLRDHUP, .data.fd = fd};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &wanted) < 0) die("epoll_ctl");
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: holder ADDRESS SECONDS\n");
    return 2;
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  raise_fd_limit();
  int listener = listen_on(argv[1]);
  int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0) die("epoll_create1");
  watch(epoll_fd, listener);

  static struct epoll_event events[256];
  static char bytes[4096];
  time_t ends = time(NULL) + atol(argv[2]), told = 0;
  long held = 0, peak = 0, accepted = 0;
  while (time(NULL) < ends) {
    int ready = epoll_wait(epoll_fd, events, 256, 1000);
    if (ready < 0 && errno != EINTR) die("epoll_wait");
    for (int i = 0; i < ready; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        int got;
        while ((got = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
          watch(epoll_fd, got);
          accepted++;
          if (++held > peak) peak = held;
        }
        if (errno != EAGAIN && errno != ECONNABORTED) die("accept4");
        continue;
      }
      ssize_t size = recv(fd, bytes, sizeof bytes, 0);
      if (size > 0 || (size < 0 && errno == EAGAIN)) continue;
      close(fd);
      held--;
    }
    if (time(NULL) != told) {
      told = time(NULL);
      printf("{\"held\":%ld,\"peak\":%ld,\"accepted\":%ld}\n", held, peak, accepted);
    }
  }
  return 0;
}
