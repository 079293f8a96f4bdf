/*
 * measure OUT -- COMMAND [ARGUMENT...]
 *
 * Runs one command and writes what it cost to OUT as one line of JSON: wall, user and system time in microseconds, peak
 * resident memory in KiB and how it ended. Exits as the command did.
 *
 * Why not the shell's `time`: it knows no memory. Why not a parent in Node: the kernel folds the memory of the process
 * that forked into the child's ru_maxrss (setmax_mm_hiwater_rss in fs/exec.c), so a small tool would seem as large as
 * Node. A parent this small hides in the noise.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static int64_t to_us(struct timeval t) { return t.tv_sec * 1000000LL + t.tv_usec; }

int main(int argc, char **argv) {
  if (argc < 4 || strcmp(argv[2], "--") != 0) {
    fprintf(stderr, "usage: measure OUT -- COMMAND [ARGUMENT...]\n");
    return 125;
  }
  int64_t started = now_us();
  pid_t child = fork();
  if (child < 0) {
    perror("fork");
    return 125;
  }
  if (child == 0) {
    execvp(argv[3], argv + 3);
    perror(argv[3]);
    _exit(127);
  }
  int status;
  struct rusage used;
  if (wait4(child, &status, 0, &used) < 0) {
    perror("wait4");
    return 125;
  }
  int64_t wall = now_us() - started;
  int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  FILE *out = fopen(argv[1], "w");
  if (!out) {
    perror(argv[1]);
    return 125;
  }
  fprintf(out, "{\"wallUs\":%lld,\"userUs\":%lld,\"systemUs\":%lld,\"peakKiB\":%ld,\"exit\":%d}\n", (long long)wall,
          (long long)to_us(used.ru_utime), (long long)to_us(used.ru_stime), used.ru_maxrss, code);
  return fclose(out) == 0 ? code : 125;
}
