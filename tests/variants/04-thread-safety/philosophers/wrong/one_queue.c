// expect: no-overlap
// First come, first served: who waits for a neighbour keeps all later ones.
// SPDX-License-Identifier: MIT
#include "philosophers.h"
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
struct table {
    int n;
    unsigned long next, now;
    pthread_mutex_t m;
    pthread_cond_t c;
    bool eats[];
};
table *table_new(int n) {
    if (n < 2) {
        errno = EINVAL;
        return NULL;
    }
    table *t = calloc(1, sizeof *t + n);
    if (!t)
        return NULL;
    t->n = n;
    pthread_mutex_init(&t->m, NULL);
    pthread_cond_init(&t->c, NULL);
    return t;
}
static bool may(table *t, int i) {
    return !t->eats[(i + 1) % t->n] && !t->eats[(i + t->n - 1) % t->n];
}
void table_pickup(table *t, int i) {
    pthread_mutex_lock(&t->m);
    unsigned long mine = t->next++;
    while (mine != t->now || !may(t, i))
        pthread_cond_wait(&t->c, &t->m);
    t->now++;
    t->eats[i] = true;
    pthread_cond_broadcast(&t->c);
    pthread_mutex_unlock(&t->m);
}
void table_putdown(table *t, int i) {
    pthread_mutex_lock(&t->m);
    t->eats[i] = false;
    pthread_cond_broadcast(&t->c);
    pthread_mutex_unlock(&t->m);
}
void table_free(table *t) {
    if (!t)
        return;
    pthread_mutex_destroy(&t->m);
    pthread_cond_destroy(&t->c);
    free(t);
}
