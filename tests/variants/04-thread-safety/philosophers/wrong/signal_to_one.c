// expect: no-overlap
// One condition for all, and a signal: one of the two neighbours is woken.
// SPDX-License-Identifier: MIT
#include "philosophers.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct table {
    int n;
    pthread_mutex_t lock;   // guards `eats`
    pthread_cond_t changed; // somebody has put down
    bool *eats;
};

table *table_new(int n) {
    if (n < 2) {
        errno = EINVAL;
        return NULL;
    }
    table *t = malloc(sizeof *t);
    if (t == NULL)
        return NULL;
    t->eats = calloc((size_t)n, sizeof *t->eats);
    if (t->eats == NULL) {
        free(t);
        return NULL;
    }
    t->n = n;
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->changed, NULL);
    return t;
}

static bool may_eat(const table *t, int i) {
    return !t->eats[(i + 1) % t->n] && !t->eats[(i + t->n - 1) % t->n];
}

void table_pickup(table *t, int i) {
    pthread_mutex_lock(&t->lock);
    while (!may_eat(t, i))
        pthread_cond_wait(&t->changed, &t->lock);
    t->eats[i] = true;
    pthread_mutex_unlock(&t->lock);
}

void table_putdown(table *t, int i) {
    pthread_mutex_lock(&t->lock);
    t->eats[i] = false;
    pthread_cond_signal(&t->changed);
    pthread_mutex_unlock(&t->lock);
}

void table_free(table *t) {
    if (t == NULL)
        return;
    pthread_cond_destroy(&t->changed);
    pthread_mutex_destroy(&t->lock);
    free(t->eats);
    free(t);
}
