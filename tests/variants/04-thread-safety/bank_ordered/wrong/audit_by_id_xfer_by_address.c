// expect: deadlock
// SPDX-License-Identifier: MIT
// Two orders that are each fine, but not the same one: xfer goes by address,
// audit by id.
#include "bank_ordered.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int acct_init(struct account *a, int id, long opening) {
    a->id = id;
    a->balance = opening;
    a->user = NULL;
    return -pthread_mutex_init(&a->lock, NULL);
}

int xfer(struct account *from, struct account *to, long amount) {
    if (amount <= 0)
        return -EINVAL;
    if (from == to)
        return 0;
    struct account *first = (uintptr_t)from < (uintptr_t)to ? from : to;
    struct account *second = first == from ? to : from;
    pthread_mutex_lock(&first->lock);
    pthread_mutex_lock(&second->lock);
    if (from->balance < amount) {
        pthread_mutex_unlock(&second->lock);
        pthread_mutex_unlock(&first->lock);
        return -ERANGE;
    }
    from->balance -= amount;
    BANK_STEP(from, to);
    to->balance += amount;
    pthread_mutex_unlock(&second->lock);
    pthread_mutex_unlock(&first->lock);
    return 0;
}

static int by_id(const void *left, const void *right) {
    const struct account *a = *(struct account *const *)left;
    const struct account *b = *(struct account *const *)right;
    return (a->id > b->id) - (a->id < b->id);
}

long audit(struct account *const *accts, int n) {
    struct account **sorted = malloc((size_t)n * sizeof *sorted);
    if (sorted == NULL)
        return -ENOMEM;
    memcpy(sorted, accts, (size_t)n * sizeof *sorted);
    qsort(sorted, (size_t)n, sizeof *sorted, by_id);
    long sum = 0;
    for (int i = 0; i < n; i++)
        pthread_mutex_lock(&sorted[i]->lock);
    for (int i = 0; i < n; i++)
        sum += sorted[i]->balance;
    for (int i = 0; i < n; i++)
        pthread_mutex_unlock(&sorted[i]->lock);
    free(sorted);
    return sum;
}

int acct_destroy(struct account *a) {
    return -pthread_mutex_destroy(&a->lock);
}
