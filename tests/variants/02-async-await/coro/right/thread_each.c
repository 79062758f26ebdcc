// Right: a thread for each coroutine; two semaphores hand the word over, and
// only one of the two ever runs.
// SPDX-License-Identifier: MIT
#include "coro.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdlib.h>

enum state { SUSPENDED, RUNNING, OVER };

struct coro {
    coro_fn fn;
    void *arg;
    enum state state;
    bool give_up;
    void *value;
    pthread_t thread;
    sem_t go, stopped;
};

static void wait_for(sem_t *sem) {
    while (sem_wait(sem) != 0)
        ;
}

static void *body(void *arg) {
    coro *c = arg;
    wait_for(&c->go);
    if (c->give_up)
        return NULL;
    c->fn(c, c->arg);
    c->state = OVER;
    sem_post(&c->stopped);
    return NULL;
}

coro *coro_new(coro_fn fn, void *arg, size_t stack_bytes) {
    coro *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->fn = fn;
    c->arg = arg;
    sem_init(&c->go, 0, 0);
    sem_init(&c->stopped, 0, 0);
    size_t size = stack_bytes < 65536 ? 65536 : (stack_bytes + 4095) & ~4095ul;
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, size + 65536);
    int error = pthread_create(&c->thread, &attr, body, c);
    pthread_attr_destroy(&attr);
    if (error != 0) {
        free(c);
        errno = error;
        return NULL;
    }
    return c;
}

int coro_resume(coro *c, void *in, void **out) {
    if (c->state != SUSPENDED)
        return -EINVAL;
    c->state = RUNNING;
    c->value = in;
    sem_post(&c->go);
    wait_for(&c->stopped);
    if (c->state == OVER)
        return 0;
    if (out != NULL)
        *out = c->value;
    return 1;
}

void *coro_yield(coro *self, void *out) {
    self->value = out;
    self->state = SUSPENDED;
    sem_post(&self->stopped);
    wait_for(&self->go);
    if (self->give_up)
        pthread_exit(NULL);
    return self->value;
}

int coro_done(const coro *c) {
    return c->state == OVER;
}

void coro_free(coro *c) {
    if (c == NULL)
        return;
    c->give_up = true;
    if (c->state == SUSPENDED)
        sem_post(&c->go);
    pthread_join(c->thread, NULL);
    sem_destroy(&c->go);
    sem_destroy(&c->stopped);
    free(c);
}
