// expect: wrong-result
// Steps are taken in the order of the array, ready or not.
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
    *work = *span = 0;
    for (int i = 0; i < n; i++) {
        for (int d = 0; d < g[i].ndeps; d++)
            ends[i] = fmax(ends[i], ends[g[i].deps[d]]);
        ends[i] += g[i].cost;
        *work += g[i].cost;
        *span = fmax(*span, ends[i]);
    }
    free(ends);
    return 0;
}
