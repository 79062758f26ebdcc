// Design: a table of ends, filled on demand with an explicit stack.
// SPDX-License-Identifier: MIT
#include "amdahl.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

double amdahl(double f, double p) {
    if (p == INFINITY)
        return f >= 0 && f <= 1 ? 1 / (1 - f) : NAN;
    if (isnan(f) || isnan(p) || f < 0 || f > 1 || p < 1)
        return NAN;
    return p / (p * (1 - f) + f);
}

static bool has_bad_index(const struct node *g, int n) {
    for (int i = 0; i < n; i++)
        for (int d = 0; d < g[i].ndeps; d++)
            if (g[i].deps[d] < 0 || g[i].deps[d] >= n)
                return true;
    return false;
}

// The memo table: the end of each step, or one of these.
enum { UNKNOWN = -1, BEING_ASKED = -2 };

// Puts those that I waits for and whose end is not known on the stack; its end
// if there are none.
static double ask(const struct node *g, const double *ends, int i, int *stack,
                  size_t *height) {
    double end = 0;
    bool all = true;
    for (int d = 0; d < g[i].ndeps; d++) {
        int dep = g[i].deps[d];
        if (ends[dep] < 0) {
            stack[(*height)++] = dep;
            all = false;
        } else if (ends[dep] > end) {
            end = ends[dep];
        }
    }
    return all ? end + g[i].cost : UNKNOWN;
}

// Each step is opened once, and puts its dependencies on the stack once: there
// are never more entries than dependencies and one.
static int fill(const struct node *g, double *ends, int *stack, int root) {
    size_t height = 0;
    stack[height++] = root;
    while (height > 0) {
        int i = stack[height - 1];
        if (ends[i] >= 0) {
            height--;
            continue;
        }
        size_t before = height;
        double end = ask(g, ends, i, stack, &height);
        if (end >= 0) {
            ends[i] = end;
            height = before - 1;
        } else if (ends[i] == BEING_ASKED) {
            return -ELOOP; // we are back, and something is still unknown
        } else {
            ends[i] = BEING_ASKED;
        }
    }
    return 0;
}

int work_span(const struct node *g, int n, double *work, double *span) {
    if (n < 0 || has_bad_index(g, n))
        return -EINVAL;
    size_t room = 2;
    for (int i = 0; i < n; i++)
        room += 2 * (size_t)g[i].ndeps;
    double *ends = malloc(((size_t)n + 1) * sizeof *ends);
    int *stack = malloc(room * sizeof *stack);
    int rc = ends == NULL || stack == NULL ? -ENOMEM : 0;
    for (int i = 0; rc == 0 && i < n; i++)
        ends[i] = UNKNOWN;
    for (int i = 0; rc == 0 && i < n; i++)
        rc = fill(g, ends, stack, i);
    double sum = 0, longest = 0;
    for (int i = 0; rc == 0 && i < n; i++) {
        sum += g[i].cost;
        longest = ends[i] > longest ? ends[i] : longest;
    }
    free(ends);
    free(stack);
    if (rc == 0)
        *work = sum, *span = longest;
    return rc;
}
