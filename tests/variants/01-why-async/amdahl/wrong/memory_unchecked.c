// expect: crash
// malloc is taken to succeed.
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

enum colour { WHITE, GREY, BLACK };

struct visit {
    double end; // known if it is black, the latest so far if grey
    int next;   // dependency to be looked at
    int caller; // who asked for it
    enum colour colour;
};

// Everything that ROOT depends on, and ROOT itself; false: a circle.
static bool descend(const struct node *g, struct visit *visits, int root) {
    visits[root].colour = GREY;
    visits[root].caller = -1;
    for (int i = root; i >= 0;) {
        struct visit *visit = &visits[i];
        if (visit->next == g[i].ndeps) {
            visit->end += g[i].cost;
            visit->colour = BLACK;
            i = visit->caller;
            continue;
        }
        int dep = g[i].deps[visit->next];
        struct visit *other = &visits[dep];
        if (other->colour == GREY)
            return false;
        if (other->colour == WHITE) {
            other->colour = GREY;
            other->caller = i;
            i = dep;
            continue;
        }
        visit->end = fmax(visit->end, other->end);
        visit->next++;
    }
    return true;
}

int work_span(const struct node *g, int n, double *work, double *span) {
    if (n < 0 || has_bad_index(g, n))
        return -EINVAL;
    struct visit *visits = calloc((size_t)n + 1, sizeof *visits);
    double sum = 0, longest = 0;
    for (int i = 0; i < n; i++) {
        if (visits[i].colour == WHITE && !descend(g, visits, i)) {
            free(visits);
            return -ELOOP;
        }
        sum += g[i].cost;
        longest = fmax(longest, visits[i].end);
    }
    free(visits);
    *work = sum;
    *span = longest;
    return 0;
}
