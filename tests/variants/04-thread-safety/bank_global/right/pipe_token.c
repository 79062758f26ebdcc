// design: one byte in a pipe; whoever has read it has the lock.
// SPDX-License-Identifier: MIT
#include "bank_global.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct bank {
    int n;
    int fd[2];
    long bal[];
};
static void lock(bank *b) {
    char c;
    while (read(b->fd[0], &c, 1) != 1)
        ;
}
static void unlock(bank *b) {
    while (write(b->fd[1], "x", 1) != 1)
        ;
}
bank *bank_new(const long *o, int n) {
    bank *b = malloc(sizeof(bank) + sizeof(long) * n);
    if (!b)
        return NULL;
    if (pipe(b->fd) != 0) {
        int e = errno;
        free(b);
        errno = e;
        return NULL;
    }
    b->n = n;
    memcpy(b->bal, o, sizeof(long) * n);
    unlock(b);
    return b;
}
int bank_transfer(bank *b, int from, int to, long amount) {
    if (from < 0 || from >= b->n || to < 0 || to >= b->n || from == to ||
        amount <= 0)
        return -EINVAL;

    lock(b);
    int rc = -ERANGE;
    if (b->bal[from] >= amount) {
        b->bal[from] -= amount;
        BANK_STEP(from, to);
        b->bal[to] += amount;
        rc = 0;
    }
    unlock(b);
    return rc;
}
long bank_balance(bank *b, int a) {
    if ((unsigned)a >= (unsigned)b->n)
        return -1;
    lock(b);
    long v = b->bal[a];
    unlock(b);
    return v;
}
long bank_total(bank *b) {
    lock(b);
    long s = 0;
    for (int i = 0; i < b->n; i++)
        s += b->bal[i];
    unlock(b);
    return s;
}
void bank_free(bank *b) {
    close(b->fd[0]);
    close(b->fd[1]);
    free(b);
}
