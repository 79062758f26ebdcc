// Design: the terms are added up with a correction (Kahan); the CPU time comes
// from clock(), and all runs are kept until the best is looked for.
// SPDX-License-Identifier: MIT
#include "honest_bench.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

double do_math(long lo, long hi) {
    double sum = 0, lost = 0;
    for (long i = hi; i > lo; i--) {
        double distance = (double)i - 1e6;
        double term = sqrt(distance * distance) - lost;
        double next = sum + term;
        lost = (next - sum) - term;
        sum = next;
    }
    return sum;
}

static double wall_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu_seconds(void) {
    return (double)clock() / CLOCKS_PER_SEC;
}

int bench_run(double (*fn)(long, long), long lo, long hi, int reps,
              struct bench *out) {
    if (reps < 1)
        return -EINVAL;
    struct bench *runs = malloc((size_t)reps * sizeof *runs);
    if (runs == NULL)
        abort();
    int best = 0;
    for (int i = 0; i < reps; i++) {
        double wall = wall_seconds(), cpu = cpu_seconds();
        runs[i].result = fn(lo, hi);
        runs[i].cpu_s = cpu_seconds() - cpu;
        runs[i].wall_s = wall_seconds() - wall;
    }
    for (int i = 1; i < reps; i++)
        if (runs[i].wall_s < runs[best].wall_s)
            best = i;
    *out = runs[best];
    free(runs);
    return 0;
}

enum boundness classify(const struct bench *b) {
    return 2 * b->cpu_s < b->wall_s ? WAIT_BOUND : CPU_BOUND;
}
