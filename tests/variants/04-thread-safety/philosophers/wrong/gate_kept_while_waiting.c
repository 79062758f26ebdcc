// expect: no-overlap
// Both forks are taken behind one lock, which is held while one of them is
// waited for.
// SPDX-License-Identifier: MIT
#include "philosophers.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct table {
    int n;
    pthread_mutex_t gate;
    pthread_mutex_t forks[]; // fork I lies on the left of philosopher I
};

table *table_new(int n) {
    if (n < 2) {
        errno = EINVAL;
        return NULL;
    }
    table *t = malloc(sizeof *t + (size_t)n * sizeof t->forks[0]);
    if (t == NULL)
        return NULL;
    pthread_mutex_init(&t->gate, NULL);
    // t->n counts the forks that there are, so table_free() fits at any time.
    for (t->n = 0; t->n < n; t->n++) {
        int error = pthread_mutex_init(&t->forks[t->n], NULL);
        if (error != 0) {
            table_free(t);
            errno = error;
            return NULL;
        }
    }
    return t;
}

void table_pickup(table *t, int i) {
    int left = i, right = (i + 1) % t->n;
    pthread_mutex_lock(&t->gate);
    pthread_mutex_lock(&t->forks[left < right ? left : right]);
    pthread_mutex_lock(&t->forks[left < right ? right : left]);
    pthread_mutex_unlock(&t->gate);
}

void table_putdown(table *t, int i) {
    pthread_mutex_unlock(&t->forks[i]);
    pthread_mutex_unlock(&t->forks[(i + 1) % t->n]);
}

void table_free(table *t) {
    if (t == NULL)
        return;
    for (int i = 0; i < t->n; i++)
        pthread_mutex_destroy(&t->forks[i]);
    free(t);
}
