// expect: no-overlap
// The footman lets only half of them in: those who wait inside take the room
// of those who could eat.
// SPDX-License-Identifier: MIT
#include "philosophers.h"
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
struct table {
    int n, inside;
    pthread_mutex_t m;
    pthread_cond_t c;
    pthread_mutex_t fork[];
};
table *table_new(int n) {
    if (n < 2) {
        errno = EINVAL;
        return NULL;
    }
    table *t = malloc(sizeof *t + n * sizeof(pthread_mutex_t));
    if (!t)
        return NULL;
    t->n = n;
    t->inside = 0;
    pthread_mutex_init(&t->m, NULL);
    pthread_cond_init(&t->c, NULL);
    for (int i = 0; i < n; i++)
        pthread_mutex_init(&t->fork[i], NULL);
    return t;
}
void table_pickup(table *t, int i) {
    pthread_mutex_lock(&t->m);
    while (t->inside >= t->n / 2)
        pthread_cond_wait(&t->c, &t->m);
    t->inside++;
    pthread_mutex_unlock(&t->m);
    pthread_mutex_lock(&t->fork[i]);
    pthread_mutex_lock(&t->fork[(i + 1) % t->n]);
}
void table_putdown(table *t, int i) {
    pthread_mutex_unlock(&t->fork[i]);
    pthread_mutex_unlock(&t->fork[(i + 1) % t->n]);
    pthread_mutex_lock(&t->m);
    t->inside--;
    pthread_cond_signal(&t->c);
    pthread_mutex_unlock(&t->m);
}
void table_free(table *t) {
    if (!t)
        return;
    for (int i = 0; i < t->n; i++)
        pthread_mutex_destroy(&t->fork[i]);
    pthread_mutex_destroy(&t->m);
    pthread_cond_destroy(&t->c);
    free(t);
}
