// Design: an eventfd that the worker writes and nobody reads; poll() waits for
// it and computes what is left anew each time. SPDX-License-Identifier: MIT
#include "join_timeout.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct worker {
    pthread_t thread;
    int bell;
    atomic_bool over; // orders what fn wrote before what is read after it
    void (*fn)(void *);
    void *arg;
};

static void *run(void *arg) {
    worker *w = arg;
    w->fn(w->arg);
    atomic_store(&w->over, true);
    eventfd_write(w->bell, 1);
    return NULL;
}

worker *worker_start(void (*fn)(void *arg), void *arg) {
    worker *w = calloc(1, sizeof *w);
    if (w == NULL)
        return NULL;
    w->fn = fn;
    w->arg = arg;
    w->bell = eventfd(0, EFD_CLOEXEC);
    int error = w->bell < 0 ? errno : 0;
    if (error == 0) {
        error = pthread_create(&w->thread, NULL, run, w);
        if (error != 0)
            close(w->bell);
    }
    if (error == 0)
        return w;
    free(w);
    errno = error;
    return NULL;
}

static long long now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

// END of LLONG_MAX: no limit.
static bool wait_until(worker *w, long long end) {
    while (!atomic_load(&w->over)) {
        int ms = -1;
        if (end != LLONG_MAX) {
            long long left = end - now_ns();
            if (left <= 0)
                return false;
            ms = (int)((left + 999999) / 1000000);
        }
        struct pollfd fd = {.fd = w->bell, .events = POLLIN};
        poll(&fd, 1, ms);
    }
    return true;
}

static long long end_of(long ms) {
    return ms < 0 ? LLONG_MAX : now_ns() + ms * 1000000LL;
}

int worker_join(worker *w, long timeout_ms) {
    return wait_until(w, end_of(timeout_ms)) ? 0 : -ETIMEDOUT;
}

int worker_alive(worker *w) {
    return !atomic_load(&w->over);
}

size_t join_all(worker *const *w, size_t n, long timeout_ms) {
    long long end = end_of(timeout_ms);
    size_t count = 0;
    while (n-- > 0)
        count += wait_until(w[n], end);
    return count;
}

void worker_free(worker *w) {
    pthread_join(w->thread, NULL);
    close(w->bell);
    free(w);
}
