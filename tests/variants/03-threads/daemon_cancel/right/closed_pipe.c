// Design: cancelling closes the writing end of a pipe; the job sleeps in
// select() on the other end. SPDX-License-Identifier: MIT
#include "daemon_cancel.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

struct bg {
    int r, w;
    pthread_mutex_t m;
    int code;
    bg_fn fn;
    void *arg;
    pthread_t t;
};

static void *tramp(void *p) {
    bg *b = p;
    int rc = b->fn(b, b->arg);
    b->code = rc;
    return 0;
}

bg *bg_start(bg_fn fn, void *arg) {
    bg *b = malloc(sizeof(bg));
    int fds[2], e;
    if (!b)
        goto nomem;
    if (pipe(fds) < 0)
        goto nopipe;
    b->r = fds[0];
    b->w = fds[1];
    b->fn = fn;
    b->arg = arg;
    b->code = 0;
    pthread_mutex_init(&b->m, 0);
    e = pthread_create(&b->t, 0, tramp, b);
    if (e == 0)
        return b;
    pthread_mutex_destroy(&b->m);
    close(fds[0]);
    close(fds[1]);
    errno = e;
nopipe:
    e = errno;
    free(b);
    errno = e;
nomem:
    return NULL;
}

int bg_cancelled(bg *b) {
    int c;
    pthread_mutex_lock(&b->m);
    c = b->w == -1;
    pthread_mutex_unlock(&b->m);
    return c;
}

int bg_sleep(bg *self, long ms) {
    struct timespec a, n;
    if (ms < 0)
        ms = 0;
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (;;) {
        clock_gettime(CLOCK_MONOTONIC, &n);
        long long us = ms * 1000LL - (n.tv_sec - a.tv_sec) * 1000000LL -
                       (n.tv_nsec - a.tv_nsec) / 1000;
        if (us < 0)
            us = 0;
        fd_set s;
        FD_ZERO(&s);
        FD_SET(self->r, &s);
        struct timeval tv = {us / 1000000, us % 1000000};
        int k = select(self->r + 1, &s, 0, 0, &tv);
        if (k > 0)
            return -ECANCELED;
        if (k == 0 && us == 0)
            return 0;
    }
}

void bg_cancel(bg *b) {
    pthread_mutex_lock(&b->m);
    if (b->w != -1) {
        close(b->w);
        b->w = -1;
    }
    pthread_mutex_unlock(&b->m);
}

int bg_stop(bg *b, int *x) {
    bg_cancel(b);
    pthread_join(b->t, 0);
    if (x)
        *x = b->code;
    close(b->r);
    pthread_mutex_destroy(&b->m);
    free(b);
    return 0;
}
