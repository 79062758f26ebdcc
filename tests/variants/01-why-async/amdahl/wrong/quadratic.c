// expect: hang
// All steps are looked through for one that is ready, each time.
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
    double *ends = malloc(((size_t)n + 1) * sizeof *ends);
    double sum = 0, longest = 0;
    bool moved = true;
    int done = 0;
    if (ends == NULL)
        return -ENOMEM;
    for (int i = 0; i < n; i++)
        ends[i] = -1;
    while (moved) {
        moved = false;
        for (int i = n - 1; i >= 0; i--) {
            double end = ends[i] < 0 ? g[i].cost : -1;
            for (int d = 0; d < g[i].ndeps && end >= 0; d++) {
                double before = ends[g[i].deps[d]];
                end = before < 0 ? -1 : fmax(end, before + g[i].cost);
            }
            if (end < 0)
                continue;
            ends[i] = end;
            sum += g[i].cost;
            longest = fmax(longest, end);
            moved = true;
            done++;
        }
    }
    free(ends);
    if (done < n)
        return -ELOOP;
    *work = sum;
    *span = longest;
    return 0;
}
