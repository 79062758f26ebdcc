// A monitor with three states and a condition for each philosopher.
// SPDX-License-Identifier: MIT
#include "philosophers.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

enum state { THINKS, HUNGRY, EATS };

struct seat {
    enum state state;
    pthread_cond_t go; // this one may eat now
};

struct table {
    int n;
    pthread_mutex_t lock; // guards all states
    struct seat *seats;
};

table *table_new(int n) {
    if (n < 2) {
        errno = EINVAL;
        return NULL;
    }
    table *t = malloc(sizeof *t);
    struct seat *seats = calloc((size_t)n, sizeof *seats);
    if (t == NULL || seats == NULL) {
        free(t);
        free(seats);
        return NULL;
    }
    t->n = n;
    t->seats = seats;
    pthread_mutex_init(&t->lock, NULL);
    for (int i = 0; i < n; i++)
        pthread_cond_init(&seats[i].go, NULL);
    return t;
}

static struct seat *seat(table *t, int i) {
    return &t->seats[(i + t->n) % t->n];
}

// Lets I eat if I is hungry and can.
static void look(table *t, int i) {
    if (seat(t, i)->state != HUNGRY || seat(t, i - 1)->state == EATS ||
        seat(t, i + 1)->state == EATS)
        return;
    seat(t, i)->state = EATS;
    pthread_cond_signal(&seat(t, i)->go);
}

void table_pickup(table *t, int i) {
    pthread_mutex_lock(&t->lock);
    seat(t, i)->state = HUNGRY;
    look(t, i);
    while (seat(t, i)->state != EATS)
        pthread_cond_wait(&seat(t, i)->go, &t->lock);
    pthread_mutex_unlock(&t->lock);
}

void table_putdown(table *t, int i) {
    pthread_mutex_lock(&t->lock);
    seat(t, i)->state = THINKS;
    look(t, i - 1);
    look(t, i + 1);
    pthread_mutex_unlock(&t->lock);
}

void table_free(table *t) {
    if (t == NULL)
        return;
    for (int i = 0; i < t->n; i++)
        pthread_cond_destroy(&t->seats[i].go);
    pthread_mutex_destroy(&t->lock);
    free(t->seats);
    free(t);
}
