// design: a semaphore an account, behind `user`, taken by id; the mutex is not
// used.
// SPDX-License-Identifier: MIT
#include "bank_ordered.h"

#include <errno.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

static void take(struct account *a) {
    while (sem_wait(a->user) != 0)
        ;
}

int acct_init(struct account *a, int id, long opening) {
    a->id = id;
    a->balance = opening;
    a->user = malloc(sizeof(sem_t));
    if (a->user == NULL)
        return -ENOMEM;
    if (sem_init(a->user, 0, 1) != 0) {
        int error = errno;
        free(a->user);
        return -error;
    }
    return 0;
}

int xfer(struct account *from, struct account *to, long amount) {
    if (amount <= 0)
        return -EINVAL;
    if (from == to)
        return 0;
    struct account *first = from->id < to->id ? from : to;
    struct account *second = from->id < to->id ? to : from;
    take(first);
    take(second);
    if (from->balance < amount) {
        sem_post(second->user);
        sem_post(first->user);
        return -ERANGE;
    }
    from->balance -= amount;
    BANK_STEP(from, to);
    to->balance += amount;
    sem_post(second->user);
    sem_post(first->user);
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
        take(sorted[i]);
    for (int i = 0; i < n; i++)
        sum += sorted[i]->balance;
    for (int i = 0; i < n; i++)
        sem_post(sorted[i]->user);
    free(sorted);
    return sum;
}

int acct_destroy(struct account *a) {
    sem_destroy(a->user);
    free(a->user);
    return 0;
}
