// expect: wrong-result
// A float holds seven digits of when a step ends.
// SPDX-License-Identifier: MIT
// Steps are dealt with in an order in which each comes after all that it waits
// for (Kahn, "Topological sorting of large networks", 1962). Then one look at
// each dependency is enough, and no step is on a call stack meanwhile.
//
// A step has to tell those that wait for it that it has ended, but the job
// lists dependencies the other way round. So they are turned round first:
// `after` holds, for step 0, then for step 1, …, the steps that wait for it.
#include "amdahl.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

double amdahl(double f, double p) {
    if (!(f >= 0 && f <= 1) || !(p >= 1))
        return NAN;
    return 1 / ((1 - f) + f / p);
}

struct plan {
    size_t *first; // of step I in `after`; first[n] is the end
    int *after;    // steps that wait
    int *missing;  // for how many more a step waits
    float *ready;  // when the latest of those it waits for ends
    int *queue;    // steps that wait for none any more, in order
};

static bool has_bad_index(const struct node *g, int n, size_t *edges) {
    *edges = 0;
    for (int i = 0; i < n; i++) {
        for (int d = 0; d < g[i].ndeps; d++)
            if (g[i].deps[d] < 0 || g[i].deps[d] >= n)
                return true;
        *edges += (size_t)g[i].ndeps;
    }
    return false;
}

static bool plan_init(struct plan *plan, size_t n, size_t edges) {
    // One more of each, as malloc(0) may return NULL.
    plan->first = calloc(n + 2, sizeof *plan->first);
    plan->after = malloc((edges + 1) * sizeof *plan->after);
    plan->missing = malloc((n + 1) * sizeof *plan->missing);
    plan->ready = calloc(n + 1, sizeof *plan->ready);
    plan->queue = malloc((n + 1) * sizeof *plan->queue);
    return plan->first != NULL && plan->after != NULL &&
           plan->missing != NULL && plan->ready != NULL && plan->queue != NULL;
}

static void plan_release(struct plan *plan) {
    free(plan->first);
    free(plan->after);
    free(plan->missing);
    free(plan->ready);
    free(plan->queue);
}

// Counts how many wait for each step, which says where its place in `after`
// begins; then fills the places.
static void turn_round(struct plan *plan, const struct node *g, int n) {
    for (int i = 0; i < n; i++)
        for (int d = 0; d < g[i].ndeps; d++)
            plan->first[g[i].deps[d] + 2]++;
    for (int i = 0; i < n; i++)
        plan->first[i + 2] += plan->first[i + 1];
    for (int i = 0; i < n; i++) {
        plan->missing[i] = g[i].ndeps;
        // first[step + 1] moves on to the end of its place, which is where the
        // next one's begins.
        for (int d = 0; d < g[i].ndeps; d++)
            plan->after[plan->first[g[i].deps[d] + 1]++] = i;
    }
}

// How many of the N steps could be dealt with; the others are in, or behind, a
// circle.
static int walk(struct plan *plan, const struct node *g, int n, double *work,
                double *span) {
    int queued = 0, done = 0;
    for (int i = 0; i < n; i++)
        if (plan->missing[i] == 0)
            plan->queue[queued++] = i;
    while (done < queued) {
        int i = plan->queue[done++];
        double end = plan->ready[i] + g[i].cost;
        *work += g[i].cost;
        *span = fmax(*span, end);
        for (size_t a = plan->first[i]; a < plan->first[i + 1]; a++) {
            int waiting = plan->after[a];
            plan->ready[waiting] = (float)fmax(plan->ready[waiting], end);
            if (--plan->missing[waiting] == 0)
                plan->queue[queued++] = waiting;
        }
    }
    return done;
}

int work_span(const struct node *g, int n, double *work, double *span) {
    size_t edges;
    if (n < 0 || has_bad_index(g, n, &edges))
        return -EINVAL;
    struct plan plan;
    double sum = 0, longest = 0;
    int rc = -ENOMEM;
    if (plan_init(&plan, (size_t)n, edges)) {
        turn_round(&plan, g, n);
        rc = walk(&plan, g, n, &sum, &longest) == n ? 0 : -ELOOP;
    }
    plan_release(&plan);
    if (rc == 0) {
        *work = sum;
        *span = longest;
    }
    return rc;
}
