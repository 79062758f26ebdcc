// Kahn's way from the other end: who is waited for by nobody comes first, and
// each step knows the dearest way from its beginning to the end of all.
// SPDX-License-Identifier: MIT
#include "amdahl.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
double amdahl(double f, double p) {
    return f >= 0 && f <= 1 && p >= 1 ? 1.0 / (1.0 - f * (1.0 - 1.0 / p)) : NAN;
}
int work_span(const struct node *g, int n, double *work, double *span) {
    int rc = -ENOMEM;
    if (n < 0)
        return -EINVAL;
    int *wanted = NULL, *stack = NULL;
    double *tail = NULL;
    for (int i = 0; i != n; i++) {
        const int *d = g[i].deps;
        for (int k = g[i].ndeps; k--; d++)
            if (*d < 0 || *d >= n)
                return -EINVAL;
    }
    wanted = calloc(n + 1, sizeof(int));
    stack = malloc((n + 1) * sizeof(int));
    tail = calloc(n + 1, sizeof(double));
    if (!wanted || !stack || !tail)
        goto out;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < g[i].ndeps; k++)
            wanted[g[i].deps[k]]++;
    int top = 0, seen = 0;
    double w = 0, s = 0;
    for (int i = 0; i < n; i++)
        if (!wanted[i])
            stack[top++] = i;
    while (top) {
        int i = stack[--top];
        seen++;
        w += g[i].cost;
        tail[i] += g[i].cost;
        if (tail[i] > s)
            s = tail[i];
        for (int k = 0; k < g[i].ndeps; k++) {
            int d = g[i].deps[k];
            if (tail[d] < tail[i])
                tail[d] = tail[i];
            if (!--wanted[d])
                stack[top++] = d;
        }
    }
    if (seen < n) {
        rc = -ELOOP;
        goto out;
    }
    rc = 0;
    *work = w;
    *span = s;
out:
    free(wanted);
    free(stack);
    free(tail);
    return rc;
}
