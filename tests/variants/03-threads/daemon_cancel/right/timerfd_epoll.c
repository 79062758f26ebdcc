// Design: an epoll that watches an eventfd for the cancelling and a timerfd for
// the time.
// SPDX-License-Identifier: MIT
#include "daemon_cancel.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

struct bg {
    int ev, tm, ep;
    atomic_bool off;
    int code;
    bg_fn fn;
    void *arg;
    pthread_t th;
};

static void wipe(struct bg *b) {
    int e = errno;
    if (b->ev >= 0)
        close(b->ev);
    if (b->tm >= 0)
        close(b->tm);
    if (b->ep >= 0)
        close(b->ep);
    free(b);
    errno = e;
}

static void *entry(void *v) {
    struct bg *b = v;
    b->code = b->fn(b, b->arg);
    return b;
}

bg *bg_start(bg_fn fn, void *arg) {
    struct bg *b = malloc(sizeof *b);
    if (!b)
        return NULL;
    *b = (struct bg){.fn = fn, .arg = arg, .ev = -1, .tm = -1, .ep = -1};
    b->ev = eventfd(0, EFD_NONBLOCK);
    if (b->ev < 0)
        goto bad;
    b->tm = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    if (b->tm < 0)
        goto bad;
    b->ep = epoll_create1(0);
    if (b->ep < 0)
        goto bad;
    struct epoll_event e1 = {.events = EPOLLIN, .data.fd = b->ev};
    struct epoll_event e2 = {.events = EPOLLIN, .data.fd = b->tm};
    if (epoll_ctl(b->ep, EPOLL_CTL_ADD, b->ev, &e1) ||
        epoll_ctl(b->ep, EPOLL_CTL_ADD, b->tm, &e2))
        goto bad;
    errno = pthread_create(&b->th, NULL, entry, b);
    if (errno)
        goto bad;
    return b;
bad:
    wipe(b);
    return NULL;
}

int bg_cancelled(bg *b) {
    return atomic_load(&b->off);
}

int bg_sleep(bg *b, long ms) {
    if (atomic_load(&b->off))
        return -ECANCELED;
    if (ms <= 0)
        return 0;
    struct itimerspec t = {.it_value = {ms / 1000, ms % 1000 * 1000000}};
    timerfd_settime(b->tm, 0, &t, NULL);
    int late = 0;
    while (!atomic_load(&b->off) && !late) {
        struct epoll_event e[2];
        int n = epoll_wait(b->ep, e, 2, -1);
        for (int i = 0; i < n; i++) {
            uint64_t x;
            if (e[i].data.fd == b->tm && read(b->tm, &x, 8) == 8)
                late = 1;
        }
    }
    return atomic_load(&b->off) ? -ECANCELED : 0;
}

void bg_cancel(bg *b) {
    atomic_store(&b->off, 1);
    uint64_t one = 1;
    (void)!write(b->ev, &one, 8);
}

int bg_stop(bg *b, int *code) {
    bg_cancel(b);
    pthread_join(b->th, NULL);
    if (code)
        *code = b->code;
    wipe(b);
    return 0;
}
