// design: transfers work on a copy of all balances and put it in place; who
// looks holds the copy that was in place, by a count of its readers.
// SPDX-License-Identifier: MIT
#include "bank_global.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct snap {
    int refs;
    long bal[];
};
struct bank {
    int n;
    pthread_mutex_t write, m;
    struct snap *now;
};
static struct snap *copy(const long *from, int n) {
    struct snap *s = malloc(sizeof *s + n * sizeof(long));
    if (s) {
        s->refs = 1;
        memcpy(s->bal, from, n * sizeof(long));
    }
    return s;
}
bank *bank_new(const long *o, int n) {
    bank *b = malloc(sizeof *b);
    if (!b)
        return NULL;
    b->now = copy(o, n);
    if (!b->now) {
        free(b);
        return NULL;
    }
    b->n = n;
    pthread_mutex_init(&b->write, NULL);
    pthread_mutex_init(&b->m, NULL);
    return b;
}
static struct snap *get(bank *b) {
    pthread_mutex_lock(&b->m);
    struct snap *s = b->now;
    s->refs++;
    pthread_mutex_unlock(&b->m);
    return s;
}
static void put(bank *b, struct snap *s) {
    pthread_mutex_lock(&b->m);
    int left = --s->refs;
    pthread_mutex_unlock(&b->m);
    if (!left)
        free(s);
}
int bank_transfer(bank *b, int from, int to, long amount) {
    if (from < 0 || from >= b->n || to < 0 || to >= b->n || from == to ||
        amount <= 0)
        return -EINVAL;

    pthread_mutex_lock(&b->write);
    struct snap *old = b->now;
    if (old->bal[from] < amount) {
        pthread_mutex_unlock(&b->write);
        return -ERANGE;
    }
    struct snap *s;
    while (!(s = copy(old->bal, b->n)))
        ;
    s->bal[from] -= amount;
    BANK_STEP(from, to);
    s->bal[to] += amount;
    pthread_mutex_lock(&b->m);
    b->now = s;
    pthread_mutex_unlock(&b->m);
    put(b, old);
    pthread_mutex_unlock(&b->write);
    return 0;
}
long bank_balance(bank *b, int a) {
    if (a < 0 || a >= b->n)
        return -1;
    struct snap *s = get(b);
    long v = s->bal[a];
    put(b, s);
    return v;
}
long bank_total(bank *b) {
    struct snap *s = get(b);
    long t = 0;
    for (int i = 0; i < b->n; i++)
        t += s->bal[i];
    put(b, s);
    return t;
}
void bank_free(bank *b) {
    free(b->now);
    pthread_mutex_destroy(&b->m);
    pthread_mutex_destroy(&b->write);
    free(b);
}
