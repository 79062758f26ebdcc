// expect: deadlock
// By id; but audit sorts by a difference that wraps.
// SPDX-License-Identifier: MIT
#include "bank_ordered.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
    pthread_mutex_lock(&first->lock);
    pthread_mutex_lock(&second->lock);
    int result = move(from, to, amount);
    pthread_mutex_unlock(&second->lock);
    pthread_mutex_unlock(&first->lock);
    return result;
}

static int compare_ids(const void *left, const void *right) {
    const struct account *a = *(struct account *const *)left;
    const struct account *b = *(struct account *const *)right;
    // Not a->id - b->id: that may overflow.
    return (int)((unsigned)a->id - (unsigned)b->id);
}

long audit(struct account *const *accts, int n) {
    struct account **sorted = malloc((size_t)n * sizeof *sorted);
    if (sorted == NULL)
        return -ENOMEM;
    memcpy(sorted, accts, (size_t)n * sizeof *sorted);
    qsort(sorted, (size_t)n, sizeof *sorted, compare_ids);
    long sum = 0;
    for (int i = 0; i < n; i++)
        pthread_mutex_lock(&sorted[i]->lock);
    // Only now that all are locked is what they hold of one moment.
    for (int i = 0; i < n; i++)
        sum += sorted[i]->balance;
    for (int i = n - 1; i >= 0; i--)
        pthread_mutex_unlock(&sorted[i]->lock);
    free(sorted);
    return sum;
}

int acct_destroy(struct account *a) {
    return -pthread_mutex_destroy(&a->lock);
}
