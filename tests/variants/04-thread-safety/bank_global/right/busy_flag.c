// design: a busy flag under a mutex, and a condition variable: the mutex is
// not held while money moves. Cleans up with goto.
// SPDX-License-Identifier: MIT
#include "bank_global.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct bank {
    int n;
    long *bal;
    pthread_mutex_t m;
    pthread_cond_t c;
    int busy;
};
bank *bank_new(const long *o, int n) {
    bank *b = calloc(1, sizeof *b);
    if (!b)
        goto fail;
    b->bal = calloc(n, sizeof(long));
    if (!b->bal)
        goto fail_b;
    for (int i = 0; i < n; ++i)
        b->bal[i] = o[i];
    b->n = n;
    if ((errno = pthread_mutex_init(&b->m, NULL)) != 0)
        goto fail_bal;
    if ((errno = pthread_cond_init(&b->c, NULL)) != 0)
        goto fail_m;
    return b;
fail_m:
    pthread_mutex_destroy(&b->m);
fail_bal:
    free(b->bal);
fail_b:
    free(b);
fail:
    return NULL;
}
static void in(bank *b) {
    pthread_mutex_lock(&b->m);
    while (b->busy)
        pthread_cond_wait(&b->c, &b->m);
    b->busy = 1;
    pthread_mutex_unlock(&b->m);
}
static void out(bank *b) {
    pthread_mutex_lock(&b->m);
    b->busy = 0;
    pthread_cond_signal(&b->c);
    pthread_mutex_unlock(&b->m);
}
int bank_transfer(bank *b, int from, int to, long amount) {
    int rc = 0;
    if (from < 0 || from >= b->n || to < 0 || to >= b->n || from == to ||
        amount <= 0)
        return -EINVAL;

    in(b);
    if (amount > b->bal[from]) {
        rc = -ERANGE;
        goto done;
    }
    b->bal[from] -= amount;
    BANK_STEP(from, to);
    b->bal[to] += amount;
done:
    out(b);
    return rc;
}
long bank_balance(bank *b, int a) {
    long v;
    if (a < 0 || a >= b->n)
        return -1;
    in(b);
    v = b->bal[a];
    out(b);
    return v;
}
long bank_total(bank *b) {
    long s = 0;
    in(b);
    for (int i = 0; i < b->n; i++)
        s += b->bal[i];
    out(b);
    return s;
}
void bank_free(bank *b) {
    pthread_cond_destroy(&b->c);
    pthread_mutex_destroy(&b->m);
    free(b->bal);
    free(b);
}
