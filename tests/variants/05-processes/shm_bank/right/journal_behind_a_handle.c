// Design: a record lock on a memory file and a journal of new balances; the
// handle is of each process, the journal and the accounts are shared.
// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "shm_bank.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
struct journal {
    volatile int state;
    volatile int from, to;
    volatile long nf, nt;
};
struct shm_bank {
    int fd, n;
    struct journal *j;
    volatile long *acc;
    size_t len;
};
static void roll(shm_bank *b) {
    if (b->j->state) {
        b->acc[b->j->from] = b->j->nf;
        b->acc[b->j->to] = b->j->nt;
        b->j->state = 0;
    }
}
static void lk(shm_bank *b, short type) {
    struct flock f = {
        .l_type = type, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
    while (fcntl(b->fd, F_SETLKW, &f) < 0 &&
           (errno == EINTR || errno == EDEADLK))
        ;
}
shm_bank *sb_new(const long *opening, int n) {
    shm_bank *b = malloc(sizeof *b);
    if (!b)
        return NULL;
    b->n = n;
    b->len = sizeof(struct journal) + n * sizeof(long);
    b->fd = memfd_create("bank", MFD_CLOEXEC);
    if (b->fd < 0) {
        free(b);
        return NULL;
    }
    if (ftruncate(b->fd, b->len)) {
        int e = errno;
        close(b->fd);
        free(b);
        errno = e;
        return NULL;
    }
    void *p = mmap(NULL, b->len, PROT_READ | PROT_WRITE, MAP_SHARED, b->fd, 0);
    if (p == MAP_FAILED) {
        int e = errno;
        close(b->fd);
        free(b);
        errno = e;
        return NULL;
    }
    b->j = p;
    b->acc = (long *)((char *)p + sizeof(struct journal));
    for (int i = 0; i < n; i++)
        b->acc[i] = opening[i];
    return b;
}
int sb_transfer(shm_bank *b, int from, int to, long amount) {
    if (from < 0 || to < 0 || from >= b->n || to >= b->n || from == to ||
        amount <= 0)
        return -EINVAL;
    int rc = 0;
    lk(b, F_WRLCK);
    roll(b);
    if (b->acc[from] < amount)
        rc = -ERANGE;
    else {
        struct journal *j = b->j;
        j->from = from;
        j->to = to;
        j->nf = b->acc[from] - amount;
        j->nt = b->acc[to] + amount;
        j->state = 1;
        b->acc[from] = j->nf;
        BANK_STEP(from, to);
        b->acc[to] = j->nt;
        j->state = 0;
    }
    lk(b, F_UNLCK);
    return rc;
}
long sb_total(shm_bank *b) {
    lk(b, F_WRLCK);
    roll(b);
    long s = 0;
    for (int i = 0; i < b->n; i++)
        s += b->acc[i];
    lk(b, F_UNLCK);
    return s;
}
long sb_look(const shm_bank *b, int acct) {
    return b->acc[acct];
}
void sb_free(shm_bank *b) {
    if (b) {
        munmap(b->j, b->len);
        close(b->fd);
        free(b);
    }
}
