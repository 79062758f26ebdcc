// design: each account gets a number of its own from an atomic counter; audit
// locks by it, one call deeper for each account.
// SPDX-License-Identifier: MIT
#include "bank_ordered.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* order by a serial number of its own */
static atomic_ulong serial;
int acct_init(struct account *a, int id, long opening) {
    unsigned long *n = malloc(sizeof *n);
    if (!n)
        return -ENOMEM;
    *n = atomic_fetch_add(&serial, 1);
    int e = pthread_mutex_init(&a->lock, NULL);
    if (e) {
        free(n);
        return -e;
    }
    a->id = id;
    a->balance = opening;
    a->user = n;
    return 0;
}
static unsigned long num(const struct account *a) {
    return *(unsigned long *)a->user;
}
int xfer(struct account *from, struct account *to, long amount) {
    if (amount <= 0)
        return -EINVAL;
    if (from == to)
        return 0;
    struct account *p[2] = {from, to};
    int k = num(from) > num(to), rc = -ERANGE;
    pthread_mutex_lock(&p[k]->lock);
    pthread_mutex_lock(&p[!k]->lock);
    if (from->balance >= amount) {
        from->balance -= amount;
        BANK_STEP(from, to);
        to->balance += amount;
        rc = 0;
    }
    pthread_mutex_unlock(&from->lock);
    pthread_mutex_unlock(&to->lock);
    return rc;
}
static long sum(struct account *const *a, int n, const unsigned long *above) {
    struct account *next = NULL;
    for (int i = 0; i < n; i++)
        if ((!above || num(a[i]) > *above) && (!next || num(a[i]) < num(next)))
            next = a[i];
    if (!next)
        return 0;
    pthread_mutex_lock(&next->lock);
    unsigned long mine = num(next);
    long s = sum(a, n, &mine) + next->balance;
    pthread_mutex_unlock(&next->lock);
    return s;
}
long audit(struct account *const *a, int n) {
    return sum(a, n, NULL);
}
int acct_destroy(struct account *a) {
    free(a->user);
    return -pthread_mutex_destroy(&a->lock);
}
