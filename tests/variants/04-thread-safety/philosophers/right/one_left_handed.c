// All take the left fork first, but for the last one.
// SPDX-License-Identifier: MIT
#include "philosophers.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

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
    int left = i, right = (i + 1) % t->n;
    bool other_hand = i == t->n - 1;
    pthread_mutex_lock(&t->forks[other_hand ? right : left]);
    pthread_mutex_lock(&t->forks[other_hand ? left : right]);
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
