// SPDX-License-Identifier: MIT
#include "amdahl.h"

#include <errno.h>

double amdahl(double f, double p) {
    (void)f, (void)p;
    return 0; // TODO
}

int work_span(const struct node *g, int n, double *work, double *span) {
    (void)g, (void)n, (void)work, (void)span;
    // TODO: a step can be dealt with once all that it depends on have been. Its
    // earliest end is its cost after the latest of their ends.
    return -ENOSYS;
}
