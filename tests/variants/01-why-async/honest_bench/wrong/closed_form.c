// expect: wrong-result
// The sum by a formula: right, but no term is evaluated.
// SPDX-License-Identifier: MIT
#include "honest_bench.h"

#include <errno.h>
#include <math.h>
#include <time.h>

// 0 + 1 + ... + n
static long double up_to(long double n) {
    return n * (n + 1) / 2;
}

double do_math(long lo, long hi) {
    if (hi <= lo)
        return 0;
    if (lo >= 1000000)
        return (double)(up_to(hi - 1000000) - up_to(lo - 1000000));
    if (hi < 1000000)
        return (double)(up_to(999999 - lo) - up_to(999999 - hi));
    return (double)(up_to(999999 - lo) + up_to(hi - 1000000));
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
    for (int i = 0; i < reps; i++) {
        double wall = wall_seconds(), cpu = cpu_seconds();
        double result = fn(lo, hi);
        cpu = cpu_seconds() - cpu;
        wall = wall_seconds() - wall;
        if (i == 0 || wall < out->wall_s)
            *out = (struct bench){wall, cpu, result};
    }
    return 0;
}

enum boundness classify(const struct bench *b) {
    return b->cpu_s / b->wall_s >= 0.5 ? CPU_BOUND : WAIT_BOUND;
}
