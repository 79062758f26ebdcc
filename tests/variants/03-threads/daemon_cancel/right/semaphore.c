// SPDX-License-Identifier: MIT
#include "daemon_cancel.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

struct bg {
    pthread_t thread;
    bg_fn fn;
    void *arg;
    sem_t cancel; // above 0 once it is cancelled
    atomic_int cancelled;
};

static void *bg_main(void *arg) {
    bg *self = arg;
    return (void *)(long)self->fn(self, self->arg);
}

bg *bg_start(bg_fn fn, void *arg) {
    bg *b = calloc(1, sizeof *b);
    if (b == NULL)
        return NULL;
    b->fn = fn;
    b->arg = arg;
    sem_init(&b->cancel, 0, 0);
    int error = pthread_create(&b->thread, NULL, bg_main, b);
    if (error != 0) {
        sem_destroy(&b->cancel);
        free(b);
        b = NULL;
        errno = error;
    }
    return b;
}

int bg_cancelled(bg *b) {
    return atomic_load(&b->cancelled);
}

int bg_sleep(bg *self, long ms) {
    if (atomic_load(&self->cancelled))
        return -ECANCELED;
    if (ms <= 0)
        return 0;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    long ns = until.tv_nsec + ms % 1000 * 1000000L;
    until.tv_sec += ms / 1000 + ns / 1000000000L;
    until.tv_nsec = ns % 1000000000L;
    int rc;
    do
        rc = sem_clockwait(&self->cancel, CLOCK_MONOTONIC, &until);
    while (rc != 0 && errno == EINTR);
    if (rc != 0)
        return 0;
    sem_post(&self->cancel); // for the next sleep
    return -ECANCELED;
}

void bg_cancel(bg *b) {
    if (!atomic_exchange(&b->cancelled, 1))
        sem_post(&b->cancel);
}

int bg_stop(bg *b, int *exit_code) {
    void *result;
    bg_cancel(b);
    pthread_join(b->thread, &result);
    if (exit_code != NULL)
        *exit_code = (int)(long)result;
    sem_destroy(&b->cancel);
    free(b);
    return 0;
}
