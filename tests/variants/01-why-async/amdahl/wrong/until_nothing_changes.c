// expect: hang
// Ends are moved back until none moves any more: in a circle, never.
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

int work_span(const struct node *g, int n, double *work, double *span) {
    if (n < 0 || has_bad_index(g, n))
        return -EINVAL;
    double *ends = calloc((size_t)n + 1, sizeof *ends);
    if (ends == NULL)
        return -ENOMEM;
    for (bool changed = true; changed;) {
        changed = false;
        for (int i = 0; i < n; i++) {
            double end = g[i].cost;
            for (int d = 0; d < g[i].ndeps; d++)
                end = fmax(end, ends[g[i].deps[d]] + g[i].cost);
            changed |= end != ends[i];
            ends[i] = end;
        }
    }
    *work = *span = 0;
    for (int i = 0; i < n; i++) {
        *work += g[i].cost;
        *span = fmax(*span, ends[i]);
    }
    free(ends);
    return 0;
}
