/*
 * floor ADDRESS PORT COUNT CONCURRENCY [--tcp-info] [--poll]
 *
 * The least that a short HTTP connection can cost: socket, connect, send, read until the far side closes, close, and
 * nothing counted but the result. One thread, one epoll set, edge-triggered, so that no descriptor is ever modified or
 * removed. With --tcp-info it also reads TCP_INFO once each connection is established, which is what telling a lost SYN
 * from a slow path costs. With --poll all sockets are asked by poll(2), and nothing is ever registered. Prints one line of
 * JSON. Gives up after LIMIT_S.
 */
/* For POLLRDHUP. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_S 120
#define MAX_FD 65536

enum state { CONNECTING, READING };

static struct sockaddr_in peer;
static char request[128];
static size_t request_size;
static int epoll_fd, reads_tcp_info, polls;
static unsigned char state[MAX_FD];
/* With --poll: every open socket. */
static struct pollfd asked[MAX_FD];
static long open_count;
static int64_t received[MAX_FD];
static long started, completed, failed, retransmits;

static double now_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void die(const char *what) {
  perror(what);
  exit(1);
}

/* Opens one connection. A failure here is the machine's own (descriptors, ports), so the figures would mean nothing. */
static void start_one(void) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0 || fd >= MAX_FD) die("socket");
  state[fd] = CONNECTING;
  received[fd] = 0;
  if (connect(fd, (struct sockaddr *)&peer, sizeof peer) < 0 && errno != EINPROGRESS) die("connect");
  started++;
  if (polls) {
    asked[open_count++] = (struct pollfd){.fd = fd, .events = POLLOUT};
    return;
  }
  struct epoll_event wanted = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.fd = fd};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &wanted) < 0) die("epoll_ctl");
}

static void read_tcp_info(int fd) {
  struct tcp_info info;
  socklen_t size = sizeof info;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0) retransmits += info.tcpi_total_retrans;
}

/* Takes one connection as far as it goes; 1 once it is over, with *ok telling how. */
static int advance(int fd, int *ok) {
  static char bytes[16384];
  *ok = 0;
  if (state[fd] == CONNECTING) {
    ssize_t sent = send(fd, request, request_size, MSG_NOSIGNAL);
    if (sent < 0) return errno != EAGAIN;
    if ((size_t)sent != request_size) return 1;
    state[fd] = READING;
    if (reads_tcp_info) read_tcp_info(fd);
  }
  for (;;) {
    ssize_t got = recv(fd, bytes, sizeof bytes, 0);
    if (got > 0) {
      received[fd] += got;
      continue;
    }
    if (got < 0) return errno != EAGAIN;
    *ok = received[fd] > 0;
    return 1;
  }
}

/* Closes a connection that is over. */
static void end_one(int fd, int ok) {
  close(fd);
  if (ok) completed++;
  else failed++;
}

/* One turn: what has news goes on, and another begins in place of each that ends. */
static void turn_epoll(long count) {
  static struct epoll_event events[256];
  int ready = epoll_wait(epoll_fd, events, 256, 1000);
  if (ready < 0 && errno != EINTR) die("epoll_wait");
  for (int i = 0; i < ready; i++) {
    int fd = events[i].data.fd, ok;
    if (!advance(fd, &ok)) continue;
    end_one(fd, ok);
    if (started < count) start_one();
  }
}

static void turn_poll(long count) {
  if (poll(asked, (nfds_t)open_count, 1000) < 0 && errno != EINTR) die("poll");
  long was_open = open_count, ended = 0;
  open_count = 0;
  for (long i = 0; i < was_open; i++) {
    struct pollfd one = asked[i];
    int ok;
    if (one.revents != 0) {
      if (advance(one.fd, &ok)) {
        end_one(one.fd, ok);
        ended++;
        continue;
      }
      one.events = POLLIN | POLLRDHUP;
    }
    asked[open_count++] = one;
  }
  for (; ended > 0 && started < count; ended--) start_one();
}

int main(int argc, char **argv) {
  if (argc < 5) {
    fprintf(stderr, "usage: floor ADDRESS PORT COUNT CONCURRENCY [--tcp-info] [--poll]\n");
    return 2;
  }
  long count = atol(argv[3]), concurrency = atol(argv[4]);
  for (int i = 5; i < argc; i++) {
    if (strcmp(argv[i], "--tcp-info") == 0) reads_tcp_info = 1;
    if (strcmp(argv[i], "--poll") == 0) polls = 1;
  }
  peer.sin_family = AF_INET;
  peer.sin_port = htons((uint16_t)atoi(argv[2]));
  if (inet_pton(AF_INET, argv[1], &peer.sin_addr) != 1 || count < 1 || concurrency < 1) {
    fprintf(stderr, "floor: an IPv4 address, a port and positive counts are needed\n");
    return 2;
  }
  request_size = (size_t)snprintf(request, sizeof request, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", argv[1]);
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0) die("epoll_create1");

  double began = now_s();
  while (started < count && started < concurrency) start_one();
  while (completed + failed < count) {
    if (polls) turn_poll(count);
    else turn_epoll(count);
    if (now_s() - began > LIMIT_S) {
      fprintf(stderr, "floor: not done after %d s\n", LIMIT_S);
      return 1;
    }
  }
  printf("{\"completed\":%ld,\"failed\":%ld,\"seconds\":%.6f,\"synRetransmits\":%ld}\n", completed, failed,
         now_s() - began, retransmits);
  return 0;
}
