// SPDX-License-Identifier: MIT
#include "philosophers.h"

#include <errno.h>
#include <stdlib.h>

struct table {
    int n;
    // TODO: a lock for each fork? Or a state for each philosopher?
};

table *table_new(int n) {
    // TODO
    (void)n;
    errno = ENOSYS;
    return NULL;
}

void table_pickup(table *t, int i) {
    // TODO: both forks, without ever waiting in a circle
    (void)t, (void)i;
}

void table_putdown(table *t, int i) {
    // TODO
    (void)t, (void)i;
}

void table_free(table *t) {
    free(t);
}
