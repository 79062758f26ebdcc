// expect: uninitialised-read
// What is the best so far is looked at before the first run.
// SPDX-License-Identifier: MIT
#include "honest_bench.h"

#include <errno.h>
#include <math.h>
#include <time.h>

double do_math(long lo, long hi) {
    double sum = 0;
    for (long i = lo + 1; i <= hi; i++) {
        double distance = (double)i - 1e6;
        sum += sqrt(distance * distance);
    }
    return sum;
}

static double wall_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int bench_run(double (*fn)(long, long), long lo, long hi, int reps,
              struct bench *out) {
    if (reps < 1)
        return -EINVAL;
    struct bench best;
    for (int i = 0; i < reps; i++) {
        double wall = wall_seconds(), cpu = cpu_seconds();
        double result = fn(lo, hi);
        cpu = cpu_seconds() - cpu;
        wall = wall_seconds() - wall;
        if (wall < best.wall_s)
            best = (struct bench){wall, cpu, result};
    }
    *out = best;
    return 0;
}

enum boundness classify(const struct bench *b) {
    return b->cpu_s / b->wall_s >= 0.5 ? CPU_BOUND : WAIT_BOUND;
}
