/*
 * neighbour MIB SECONDS
 *
 * Reads at random places in MIB of memory, each place told by the last read: what another program of the machine does
 * to the caches. It prints a line once it has begun; it ends after SECONDS or on SIGTERM, and then prints how long a
 * read took.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* A line of the cache: so that no two places share one. */
#define LINE 64

static volatile sig_atomic_t is_over;

static void end(int signal) {
  (void)signal;
  is_over = 1;
}

static uint64_t draw(uint64_t *state) {
  /* Marsaglia's xorshift64: the places need only be apart from one another. */
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

static double cpu_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(int count, char **arguments) {
  long mebibytes = count > 1 ? atol(arguments[1]) : 64;
  long seconds = count > 2 ? atol(arguments[2]) : 60;
  if (mebibytes < 1 || mebibytes > 1024 || seconds < 1) {
    fprintf(stderr, "usage: neighbour MIB SECONDS, 1 to 1024 MiB\n");
    return 2;
  }
  size_t places = (size_t)mebibytes * 1024 * 1024 / LINE;
  uint32_t *next = aligned_alloc(LINE, places * LINE);
  if (next == NULL) {
    perror("aligned_alloc");
    return 1;
  }
  const size_t stride = LINE / sizeof *next;
  /* Sattolo's shuffle: one cycle through all places. */
  for (size_t i = 0; i < places; i++) next[i * stride] = (uint32_t)i;
  uint64_t state = 88172645463325252u;
  for (size_t i = places - 1; i > 0; i--) {
    size_t other = draw(&state) % i;
    uint32_t kept = next[i * stride];
    next[i * stride] = next[other * stride];
    next[other * stride] = kept;
  }
  struct sigaction action = {.sa_handler = end};
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGALRM, &action, NULL);
  alarm((unsigned)seconds);
  puts("{\"walking\":true}");
  fflush(stdout);
  double began = cpu_ns();
  uint64_t reads = 0;
  uint32_t at = 0;
  while (!is_over) {
    for (int i = 0; i < 1024; i++) at = next[at * stride];
    reads += 1024;
  }
  /* The last place is printed too, or the compiler would leave the walk out. */
  printf("{\"readNs\":%.1f,\"at\":%u}\n", (cpu_ns() - began) / (double)reads, at);
  return 0;
}
