// expect: data-race
// needs: schedules
// bg_cancelled reads an atomic flag in relaxed order: what was written before
// bg_cancel need not be visible to fn.
// SPDX-License-Identifier: MIT
#include "daemon_cancel.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

struct bg {
    pthread_t thread;
    bg_fn fn;
    void *arg;
    int result;             // the thread's, until it is joined
    pthread_mutex_t lock;   // guards `cancelled`
    pthread_cond_t changed; // signalled when it is set
    _Atomic bool cancelled;
};

static void *bg_main(void *arg) {
    bg *self = arg;
    self->result = self->fn(self, self->arg);
    return NULL;
}

static void release(bg *b) {
    pthread_cond_destroy(&b->changed);
    pthread_mutex_destroy(&b->lock);
    free(b);
}

bg *bg_start(bg_fn fn, void *arg) {
    bg *b = calloc(1, sizeof *b);
    if (b == NULL)
        return NULL;
    b->fn = fn;
    b->arg = arg;
    pthread_mutex_init(&b->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&b->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    int error = pthread_create(&b->thread, NULL, bg_main, b);
    if (error != 0) {
        release(b);
        errno = error;
        return NULL;
    }
    return b;
}

int bg_cancelled(bg *b) {
    return __c11_atomic_load(&b->cancelled, __ATOMIC_RELAXED);
}

// The point in time MS from now on.
static struct timespec deadline_in(long ms) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += ms % 1000 * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

int bg_sleep(bg *self, long ms) {
    struct timespec deadline = deadline_in(ms > 0 ? ms : 0);
    bool over = ms <= 0;
    pthread_mutex_lock(&self->lock);
    while (!self->cancelled && !over)
        over = pthread_cond_timedwait(&self->changed, &self->lock, &deadline) ==
               ETIMEDOUT;
    bool cancelled = self->cancelled;
    pthread_mutex_unlock(&self->lock);
    return cancelled ? -ECANCELED : 0;
}

void bg_cancel(bg *b) {
    pthread_mutex_lock(&b->lock);
    b->cancelled = true;
    pthread_cond_signal(&b->changed);
    pthread_mutex_unlock(&b->lock);
}

int bg_stop(bg *b, int *exit_code) {
    bg_cancel(b);
    pthread_join(b->thread, NULL);
    if (exit_code != NULL)
        *exit_code = b->result;
    release(b);
    return 0;
}
