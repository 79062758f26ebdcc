// expect: wrong-result
// Nanoseconds below 0 are taken for their amount, and nobody borrows.
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

static double between(struct timespec from, struct timespec to) {
    long s = to.tv_sec - from.tv_sec, ns = to.tv_nsec - from.tv_nsec;
    if (ns < 0)
        ns += 1000000000;
    return (double)s + (double)ns / 1e9;
}

int bench_run(double (*fn)(long, long), long lo, long hi, int reps,
              struct bench *out) {
    if (reps < 1)
        return -EINVAL;
    for (int i = 0; i < reps; i++) {
        struct timespec wall, cpu, wall_end, cpu_end;
        clock_gettime(CLOCK_MONOTONIC, &wall);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
        double result = fn(lo, hi);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu_end);
        clock_gettime(CLOCK_MONOTONIC, &wall_end);
        double took = between(wall, wall_end);
        if (i == 0 || took < out->wall_s)
            *out = (struct bench){took, between(cpu, cpu_end), result};
    }
    return 0;
}

enum boundness classify(const struct bench *b) {
    return b->cpu_s / b->wall_s >= 0.5 ? CPU_BOUND : WAIT_BOUND;
}
