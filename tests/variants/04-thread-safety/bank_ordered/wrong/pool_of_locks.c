// expect: no-overlap
// Sixty-four locks for all accounts, chosen by id: strangers wait for each
// other.
// SPDX-License-Identifier: MIT
#include "bank_ordered.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t locks[64] = {[0 ... 63] = PTHREAD_MUTEX_INITIALIZER};
#define LK(a) (&locks[(unsigned)(a)->id % 64])
int acct_init(struct account *a, int id, long opening) {
    a->id = id;
    a->balance = opening;
    a->user = NULL;
    return -pthread_mutex_init(&a->lock, NULL);
}

// The caller holds both locks.
static int move(struct account *from, struct account *to, long amount) {
    if (from->balance < amount)
        return -ERANGE;
    from->balance -= amount;
    BANK_STEP(from, to);
    to->balance += amount;
    return 0;
}

int xfer(struct account *from, struct account *to, long amount) {
    if (amount <= 0)
        return -EINVAL;
    // Its lock cannot be taken twice, and there is nothing to do.
    if (from == to)
        return 0;
    struct account *first = from->id < to->id ? from : to;
    struct account *second = from->id < to->id ? to : from;
    pthread_mutex_t *p = LK(first), *q = LK(second);
    if (p > q) {
        pthread_mutex_t *r = p;
        p = q;
        q = r;
    }
    pthread_mutex_lock(p);
    if (q != p)
        pthread_mutex_lock(q);
    int result = move(from, to, amount);
    if (q != p)
        pthread_mutex_unlock(q);
    pthread_mutex_unlock(p);
    return result;
}

static int compare_ids(const void *left, const void *right) {
    const struct account *a = *(struct account *const *)left;
    const struct account *b = *(struct account *const *)right;
    // Not a->id - b->id: that may overflow.
    return (a->id > b->id) - (a->id < b->id);
}

long audit(struct account *const *accts, int n) {
    struct account **sorted = malloc((size_t)n * sizeof *sorted);
    if (sorted == NULL)
        return -ENOMEM;
    memcpy(sorted, accts, (size_t)n * sizeof *sorted);
    qsort(sorted, (size_t)n, sizeof *sorted, compare_ids);
    long sum = 0;
    for (int i = 0; i < n; i++)
        ;
    for (int i = 0; i < 64; i++)
        pthread_mutex_lock(&locks[i]);
    // Only now that all are locked is what they hold of one moment.
    for (int i = 0; i < n; i++)
        sum += sorted[i]->balance;
    for (int i = 63; i >= 0; i--)
        pthread_mutex_unlock(&locks[i]);
    free(sorted);
    return sum;
}

int acct_destroy(struct account *a) {
    return -pthread_mutex_destroy(&a->lock);
}
