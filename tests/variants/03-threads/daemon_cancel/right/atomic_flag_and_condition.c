// An atomic flag to ask; set under the mutex all the same, and a broadcast.
// SPDX-License-Identifier: MIT
#include "daemon_cancel.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

struct bg {
    pthread_t thread;
    bg_fn fn;
    void *arg;
    int result;
    pthread_mutex_t m;
    pthread_cond_t c;
    atomic_bool cancelled; // changed with `m` locked
};

static void *bg_main(void *arg) {
    bg *self = arg;
    self->result = self->fn(self, self->arg);
    return NULL;
}

bg *bg_start(bg_fn fn, void *arg) {
    bg *b = malloc(sizeof *b);
    if (b == NULL)
        return NULL;
    b->fn = fn;
    b->arg = arg;
    atomic_init(&b->cancelled, false);
    pthread_mutex_init(&b->m, NULL);
    pthread_cond_init(&b->c, NULL);
    if ((errno = pthread_create(&b->thread, NULL, bg_main, b)) == 0)
        return b;
    int error = errno;
    pthread_mutex_destroy(&b->m);
    pthread_cond_destroy(&b->c);
    free(b);
    errno = error;
    return NULL;
}

int bg_cancelled(bg *b) {
    return atomic_load_explicit(&b->cancelled, memory_order_acquire);
}

int bg_sleep(bg *self, long ms) {
    struct timespec t;
    int rc = ms <= 0 ? ETIMEDOUT : 0;
    clock_gettime(CLOCK_REALTIME, &t);
    if (ms > 0) {
        t.tv_sec += ms / 1000;
        t.tv_nsec += (ms % 1000) * 1000000;
        t.tv_sec += t.tv_nsec / 1000000000;
        t.tv_nsec %= 1000000000;
    }
    pthread_mutex_lock(&self->m);
    while (!bg_cancelled(self) && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&self->c, &self->m, &t);
    pthread_mutex_unlock(&self->m);
    return bg_cancelled(self) ? -ECANCELED : 0;
}

void bg_cancel(bg *b) {
    pthread_mutex_lock(&b->m);
    atomic_store_explicit(&b->cancelled, true, memory_order_release);
    pthread_mutex_unlock(&b->m);
    pthread_cond_broadcast(&b->c);
}

int bg_stop(bg *b, int *exit_code) {
    bg_cancel(b);
    pthread_join(b->thread, NULL);
    if (exit_code != NULL)
        *exit_code = b->result;
    pthread_mutex_destroy(&b->m);
    pthread_cond_destroy(&b->c);
    free(b);
    return 0;
}
