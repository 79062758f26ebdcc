// SPDX-License-Identifier: MIT
// The same sum timed twice. Nobody looks at the first result, so the compiler
// leaves out the whole loop: what is timed is nothing at all.
//
//     make demo DEMO=nothing_computed
#include <math.h>
#include <stdio.h>
#include <time.h>

enum { TERMS = 20000000 };

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double sum_of_roots(void) {
    double sum = 0;
    for (long i = 1; i <= TERMS; i++)
        sum += sqrt((double)i);
    return sum;
}

int main(void) {
    double begun = seconds();
    sum_of_roots();
    double ignored = seconds() - begun;

    begun = seconds();
    double sum = sum_of_roots();
    double used = seconds() - begun;

    printf("result ignored:  %.6f s\n", ignored);
    printf("result %.4g:  %.6f s\n", sum, used);
    return 0;
}
