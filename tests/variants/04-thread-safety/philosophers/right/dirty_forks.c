// Forks that belong to somebody, after Chandy and Misra: a dirty one is given
// to whoever asks, a clean one is kept until its owner has eaten.
// SPDX-License-Identifier: MIT
#include "philosophers.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

/* Chandy and Misra: dirty forks */
struct fork {
    int holder;
    bool dirty;
};
struct table {
    int n;
    pthread_mutex_t m;
    pthread_cond_t c;
    bool *hungry, *eating;
    struct fork fork[];
};
table *table_new(int n) {
    if (n < 2) {
        errno = EINVAL;
        return NULL;
    }
    table *t = malloc(sizeof *t + n * sizeof t->fork[0]);
    bool *h = calloc(2 * (size_t)n, sizeof(bool));
    if (!t || !h) {
        free(t);
        free(h);
        errno = ENOMEM;
        return NULL;
    }
    t->n = n;
    t->hungry = h;
    t->eating = h + n;
    pthread_mutex_init(&t->m, NULL);
    pthread_cond_init(&t->c, NULL);
    /* fork i lies between i-1 and i: give it to the lower numbered */
    for (int i = 0; i < n; i++) {
        int a = i, b = (i + n - 1) % n;
        t->fork[i] = (struct fork){a < b ? a : b, true};
    }
    return t;
}
static bool get(table *t, int f, int i) {
    struct fork *k = &t->fork[f];
    if (k->holder == i)
        return true;
    int other = k->holder;
    if (t->eating[other])
        return false;
    if (k->dirty || !t->hungry[other]) {
        k->holder = i;
        k->dirty = false;
        return true;
    }
    return false;
}
void table_pickup(table *t, int i) {
    pthread_mutex_lock(&t->m);
    t->hungry[i] = true;
    for (;;) {
        bool a = get(t, i, i), b = get(t, (i + 1) % t->n, i);
        if (a && b)
            break;
        pthread_cond_wait(&t->c, &t->m);
    }
    t->hungry[i] = false;
    t->eating[i] = true;
    t->fork[i].dirty = t->fork[(i + 1) % t->n].dirty = true;
    pthread_mutex_unlock(&t->m);
}
void table_putdown(table *t, int i) {
    pthread_mutex_lock(&t->m);
    t->eating[i] = false;
    pthread_mutex_unlock(&t->m);
    pthread_cond_broadcast(&t->c);
}
void table_free(table *t) {
    if (!t)
        return;
    pthread_cond_destroy(&t->c);
    pthread_mutex_destroy(&t->m);
    free(t->hungry);
    free(t);
}
