// The left fork, a try for the right one; if it is taken, back with both.
// SPDX-License-Identifier: MIT
#include "philosophers.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct table {
    int n;
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
    t->n = n;
    for (int i = 0; i < n; i++)
        pthread_mutex_init(&t->forks[i], NULL);
    return t;
}

void table_pickup(table *t, int i) {
    long pause = 20000 + 7000 * (i % 16); // nanoseconds, not the same for all
    for (;; pause += pause < 2000000 ? pause / 2 : 0) {
        pthread_mutex_lock(&t->forks[i]);
        if (pthread_mutex_trylock(&t->forks[(i + 1) % t->n]) == 0)
            return;
        pthread_mutex_unlock(&t->forks[i]);
        nanosleep(&(struct timespec){0, pause}, NULL);
    }
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
