// A semaphore lets all but one into the room; then left, then right.
// SPDX-License-Identifier: MIT
#include "philosophers.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

struct table {
    int n;
    sem_t room;              // for one fewer than there are
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
    sem_init(&t->room, 0, (unsigned)n - 1);
    for (int i = 0; i < n; i++)
        pthread_mutex_init(&t->forks[i], NULL);
    return t;
}

void table_pickup(table *t, int i) {
    while (sem_wait(&t->room) != 0)
        ; // interrupted
    pthread_mutex_lock(&t->forks[i]);
    pthread_mutex_lock(&t->forks[(i + 1) % t->n]);
}

void table_putdown(table *t, int i) {
    pthread_mutex_unlock(&t->forks[i]);
    pthread_mutex_unlock(&t->forks[(i + 1) % t->n]);
    sem_post(&t->room);
}

void table_free(table *t) {
    if (t == NULL)
        return;
    for (int i = 0; i < t->n; i++)
        pthread_mutex_destroy(&t->forks[i]);
    sem_destroy(&t->room);
    free(t);
}
