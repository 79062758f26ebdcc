// expect: wrong-result
// A clock that moves on every 4 ms only.
// SPDX-License-Identifier: MIT
// Times are whole numbers of nanoseconds until the very end. Then there is no
// borrow to forget, and nothing is rounded while two large numbers are
// subtracted.
#include "honest_bench.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <time.h>

double do_math(long lo, long hi) {
    double sum = 0;
    for (long i = lo + 1; i <= hi; i++) {
        double distance = (double)i - 1e6;
        sum += sqrt(distance * distance);
    }
    return sum;
}

static int64_t read_ns(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static struct bench run_once(double (*fn)(long, long), long lo, long hi) {
    int64_t wall = read_ns(CLOCK_MONOTONIC_COARSE);
    int64_t cpu = read_ns(CLOCK_PROCESS_CPUTIME_ID);
    double result = fn(lo, hi);
    cpu = read_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    wall = read_ns(CLOCK_MONOTONIC_COARSE) - wall;
    return (struct bench){(double)wall / 1e9, (double)cpu / 1e9, result};
}

int bench_run(double (*fn)(long, long), long lo, long hi, int reps,
              struct bench *out) {
    if (reps < 1)
        return -EINVAL;
    struct bench best = run_once(fn, lo, hi);
    for (int i = 1; i < reps; i++) {
        struct bench run = run_once(fn, lo, hi);
        if (run.wall_s < best.wall_s)
            best = run;
    }
    *out = best;
    return 0;
}

enum boundness classify(const struct bench *b) {
    return b->cpu_s >= 0.5 * b->wall_s ? CPU_BOUND : WAIT_BOUND;
}
