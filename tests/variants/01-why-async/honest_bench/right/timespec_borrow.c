// Design: struct timespec subtracted with a borrow; the CPU time from
// getrusage, which counts user and system time apart.
// SPDX-License-Identifier: MIT
#include "honest_bench.h"

#include <errno.h>
#include <math.h>
#include <sys/resource.h>
#include <time.h>

double do_math(long lo, long hi) {
    long double sum = 0;
    for (long i = lo + 1; i <= hi; i++) {
        double distance = (double)i - 1e6;
        sum += sqrt(distance * distance);
    }
    return (double)sum;
}

static double between(struct timespec from, struct timespec to) {
    struct timespec span = {to.tv_sec - from.tv_sec, to.tv_nsec - from.tv_nsec};
    if (span.tv_nsec < 0) {
        span.tv_sec--;
        span.tv_nsec += 1000000000;
    }
    return (double)span.tv_sec + (double)span.tv_nsec / 1e9;
}

static long microseconds(struct timeval time) {
    return time.tv_sec * 1000000L + time.tv_usec;
}

static long cpu_us(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
}

int bench_run(double (*fn)(long, long), long lo, long hi, int reps,
              struct bench *out) {
    struct bench best = {.wall_s = INFINITY};
    if (reps <= 0)
        return -EINVAL;
    while (reps-- > 0) {
        struct timespec begin, end;
        clock_gettime(CLOCK_MONOTONIC_RAW, &begin);
        long cpu = cpu_us();
        double result = fn(lo, hi);
        cpu = cpu_us() - cpu;
        clock_gettime(CLOCK_MONOTONIC_RAW, &end);
        struct bench run = {between(begin, end), (double)cpu / 1e6, result};
        if (run.wall_s <= best.wall_s)
            best = run;
    }
    *out = best;
    return 0;
}

enum boundness classify(const struct bench *b) {
    return b->cpu_s / b->wall_s >= 0.5 ? CPU_BOUND : WAIT_BOUND;
}
