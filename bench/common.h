/* What the engine and the stream client of the benchmarks share. */
#ifndef BENCH_COMMON_H
#define BENCH_COMMON_H

#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* Nanoseconds on the clock that every process of one machine shares. */
static inline uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline void die(const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(1);
}

static inline void *must_allocate(void *memory) {
  if (memory == NULL) die("out of memory");
  return memory;
}

/* A number from the command line or from a file; anything else ends the program. */
static inline long number_of(const char *text, long lowest, long highest) {
  char *end;
  errno = 0;
  long value = strtol(text, &end, 10);
  if (end == text || errno != 0 || value < lowest || value > highest) {
    fprintf(stderr, "not a number between %ld and %ld: %s\n", lowest, highest, text);
    exit(2);
  }
  return value;
}

static inline void watch(int epoll, int operation, int fd, uint32_t events, void *owner) {
  struct epoll_event interest = {.events = events, .data.ptr = owner};
  if (epoll_ctl(epoll, operation, fd, &interest) != 0) die("epoll_ctl");
}

/* Lets the timer fire at `due` and, if `every` is not zero, again each `every` nanoseconds; `due` of zero stops it. */
static inline void set_timer(int timer, uint64_t due, uint64_t every) {
  struct itimerspec at = {
      .it_value = {.tv_sec = (time_t)(due / 1000000000u), .tv_nsec = (long)(due % 1000000000u)},
      .it_interval = {.tv_sec = (time_t)(every / 1000000000u), .tv_nsec = (long)(every % 1000000000u)},
  };
  if (timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL) != 0) die("timerfd_settime");
}

#endif
