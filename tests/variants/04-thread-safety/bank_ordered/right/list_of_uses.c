// design: a list of the calls under way and their accounts, behind one mutex;
// who shares an account with one of them waits on a condition variable.
// SPDX-License-Identifier: MIT
#include "bank_ordered.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>

/* all calls under way in a list behind one mutex; who overlaps waits */
struct use {
    struct account *const *a;
    int n;
    struct use *next;
};
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static struct use *uses;
static bool clash(const struct use *u) {
    for (const struct use *o = uses; o; o = o->next)
        for (int i = 0; i < u->n; i++)
            for (int j = 0; j < o->n; j++)
                if (u->a[i] == o->a[j])
                    return true;
    return false;
}
static void begin(struct use *u) {
    pthread_mutex_lock(&m);
    while (clash(u))
        pthread_cond_wait(&c, &m);
    u->next = uses;
    uses = u;
    pthread_mutex_unlock(&m);
}
static void end(struct use *u) {
    pthread_mutex_lock(&m);
    struct use **p = &uses;
    while (*p != u)
        p = &(*p)->next;
    *p = u->next;
    pthread_cond_broadcast(&c);
    pthread_mutex_unlock(&m);
}
int acct_init(struct account *a, int id, long opening) {
    a->id = id;
    a->balance = opening;
    return 0;
}
int xfer(struct account *from, struct account *to, long amount) {
    if (amount <= 0)
        return -EINVAL;
    if (from == to)
        return 0;
    struct use u = {(struct account *[]){from, to}, 2, NULL};
    begin(&u);
    int rc = from->balance < amount ? -ERANGE : 0;
    if (!rc) {
        from->balance -= amount;
        BANK_STEP(from, to);
        to->balance += amount;
    }
    end(&u);
    return rc;
}
long audit(struct account *const *a, int n) {
    struct use u = {a, n, NULL};
    begin(&u);
    long s = 0;
    while (n--)
        s += a[n]->balance;
    end(&u);
    return s;
}
int acct_destroy(struct account *a) {
    (void)a;
    return 0;
}
