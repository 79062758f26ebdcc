// expect: wrong-result
// *work is written before it is known whether there is a circle.
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

struct edge {
    int to;   // the step that waits
    int next; // edge from the same step, or -1
};

struct step {
    double begin; // when the latest of those before it ends
    int missing;  // for how many it still waits
    int edges;    // first edge to one that waits for it, or -1
};

static void add_edges(const struct node *g, int n, struct step *steps,
                      struct edge *edges) {
    int used = 0;
    for (int i = 0; i < n; i++)
        steps[i] = (struct step){0, g[i].ndeps, -1};
    for (int i = 0; i < n; i++)
        for (int d = 0; d < g[i].ndeps; d++) {
            edges[used] = (struct edge){i, steps[g[i].deps[d]].edges};
            steps[g[i].deps[d]].edges = used++;
        }
}

// How many of the steps were reached.
static int run(const struct node *g, int n, struct step *steps,
               const struct edge *edges, int *ready, double *span) {
    int done = 0, count = 0;
    for (int i = 0; i < n; i++)
        if (steps[i].missing == 0)
            ready[count++] = i;
    while (count > 0) {
        int i = ready[--count];
        double end = steps[i].begin + g[i].cost;
        done++;
        if (end > *span)
            *span = end;
        for (int e = steps[i].edges; e >= 0; e = edges[e].next) {
            struct step *other = &steps[edges[e].to];
            if (end > other->begin)
                other->begin = end;
            if (--other->missing == 0)
                ready[count++] = edges[e].to;
        }
    }
    return done;
}

int work_span(const struct node *g, int n, double *work, double *span) {
    if (n < 0 || has_bad_index(g, n))
        return -EINVAL;
    size_t count = 1;
    double sum = 0, longest = 0;
    for (int i = 0; i < n; i++) {
        count += (size_t)g[i].ndeps;
        sum += g[i].cost;
    }
    *work = sum;
    struct step *steps = malloc(((size_t)n + 1) * sizeof *steps);
    struct edge *edges = malloc(count * sizeof *edges);
    int *ready = malloc(((size_t)n + 1) * sizeof *ready);
    int rc = -ENOMEM;
    if (steps != NULL && edges != NULL && ready != NULL) {
        add_edges(g, n, steps, edges);
        rc = run(g, n, steps, edges, ready, &longest) < n ? -ELOOP : 0;
    }
    free(steps);
    free(edges);
    free(ready);
    if (rc < 0)
        return rc;
    *span = longest;
    return 0;
}
