// A waiter, a thread of its own: it reads who is hungry or has eaten from one
// pipe, and answers each through another.
// SPDX-License-Identifier: MIT
#include "philosophers.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

/* a waiter thread serves requests from a pipe; each philosopher waits on its
 * own pipe */
struct table {
    int n;
    int req[2];
    int (*ans)[2];
    pthread_t waiter;
};
static void serve(table *t, bool *eat, bool *want, int i) {
    int l = (i + t->n - 1) % t->n, r = (i + 1) % t->n;
    if (want[i] && !eat[l] && !eat[r]) {
        want[i] = false;
        eat[i] = true;
        while (write(t->ans[i][1], "e", 1) != 1)
            ;
    }
}
static void *waiter(void *arg) {
    table *t = arg;
    bool *eat = calloc(t->n, 1), *want = calloc(t->n, 1);
    int msg;
    while (read(t->req[0], &msg, sizeof msg) == sizeof msg && msg != 0) {
        if (msg > 0) {
            want[msg - 1] = true;
            serve(t, eat, want, msg - 1);
        } else {
            int i = -msg - 1;
            eat[i] = false;
            serve(t, eat, want, (i + 1) % t->n);
            serve(t, eat, want, (i + t->n - 1) % t->n);
        }
    }
    free(eat);
    free(want);
    return NULL;
}
static void say(table *t, int v) {
    while (write(t->req[1], &v, sizeof v) != sizeof v)
        ;
}
static void closes(table *t, int upto) {
    for (int i = 0; i < upto; i++) {
        close(t->ans[i][0]);
        close(t->ans[i][1]);
    }
    close(t->req[0]);
    close(t->req[1]);
    free(t->ans);
    free(t);
}
table *table_new(int n) {
    if (n < 2) {
        errno = EINVAL;
        return NULL;
    }
    table *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->n = n;
    t->ans = malloc(n * sizeof *t->ans);
    if (!t->ans) {
        free(t);
        errno = ENOMEM;
        return NULL;
    }
    if (pipe(t->req)) {
        int e = errno;
        free(t->ans);
        free(t);
        errno = e;
        return NULL;
    }
    for (int i = 0; i < n; i++)
        if (pipe(t->ans[i])) {
            int e = errno;
            closes(t, i);
            errno = e;
            return NULL;
        }
    int e = pthread_create(&t->waiter, NULL, waiter, t);
    if (e) {
        closes(t, n);
        errno = e;
        return NULL;
    }
    return t;
}
void table_pickup(table *t, int i) {
    char c;
    say(t, i + 1);
    while (read(t->ans[i][0], &c, 1) != 1)
        ;
}
void table_putdown(table *t, int i) {
    say(t, -i - 1);
}
void table_free(table *t) {
    if (!t)
        return;
    say(t, 0);
    pthread_join(t->waiter, NULL);
    closes(t, t->n);
}
