// expect: hang
// Every path is walked, and there are more than anyone can walk.
// SPDX-License-Identifier: MIT
#include "amdahl.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

double amdahl(double f, double p) {
    if (isnan(f) || isnan(p) || f < 0 || f > 1 || p < 1)
        return NAN;
    return 1 / (1 - f + f / p);
}

static bool has_bad_index(const struct node *g, int n) {
    for (int i = 0; i < n; i++)
        for (int d = 0; d < g[i].ndeps; d++)
            if (g[i].deps[d] < 0 || g[i].deps[d] >= n)
                return true;
    return false;
}

enum { UNKNOWN = -1, BUSY = -2 };

// The end of step I; -1: a circle.
static double end_of(const struct node *g, double *ends, int i) {
    if (ends[i] != UNKNOWN)
        return ends[i] == BUSY ? -1 : ends[i];
    ends[i] = BUSY;
    double begin = 0;
    for (int d = 0; d < g[i].ndeps; d++) {
        double end = end_of(g, ends, g[i].deps[d]);
        if (end < 0)
            return -1;
        begin = fmax(begin, end);
    }
    ends[i] = UNKNOWN;
    return begin + g[i].cost;
}

int work_span(const struct node *g, int n, double *work, double *span) {
    if (n < 0 || has_bad_index(g, n))
        return -EINVAL;
    double *ends = malloc(((size_t)n + 1) * sizeof *ends);
    double sum = 0, longest = 0;
    if (ends == NULL)
        return -ENOMEM;
    for (int i = 0; i < n; i++)
        ends[i] = UNKNOWN;
    for (int i = 0; i < n; i++) {
        double end = end_of(g, ends, i);
        if (end < 0) {
            free(ends);
            return -ELOOP;
        }
        sum += g[i].cost;
        longest = fmax(longest, end);
    }
    free(ends);
    *work = sum;
    *span = longest;
    return 0;
}
