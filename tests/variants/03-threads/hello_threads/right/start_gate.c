// Design: the threads wait at a gate of mutex and condition variable until all
// of them exist, so that they start greeting together.
// SPDX-License-Identifier: MIT
#include "hello_threads.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct gate {
    pthread_mutex_t lock; // guards open
    pthread_cond_t opened;
    bool open;
};

struct guest {
    struct gate *gate;
    const struct greeting *g;
    void (*say)(const char *name, int k, void *ctx);
    void *ctx;
    int said;
    pthread_t thread;
};

static void *run(void *arg) {
    struct guest *guest = arg;
    pthread_mutex_lock(&guest->gate->lock);
    while (!guest->gate->open)
        pthread_cond_wait(&guest->gate->opened, &guest->gate->lock);
    pthread_mutex_unlock(&guest->gate->lock);
    for (; guest->said < guest->g->times; guest->said++)
        guest->say(guest->g->name, guest->said, guest->ctx);
    pthread_exit(NULL);
}

int greet_all(const struct greeting *g, size_t n,
              void (*say)(const char *name, int k, void *ctx), void *ctx,
              int *said) {
    struct gate gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER,
                        false};
    struct guest *guests = calloc(n ? n : 1, sizeof *guests);
    int rc = guests ? 0 : -ENOMEM;
    size_t started = 0;
    for (; rc == 0 && started < n; started++) {
        struct guest *guest = &guests[started];
        *guest = (struct guest){&gate, &g[started], say, ctx, 0, guest->thread};
        rc = -pthread_create(&guest->thread, NULL, run, guest);
        if (rc)
            break;
    }
    pthread_mutex_lock(&gate.lock);
    gate.open = true;
    pthread_cond_broadcast(&gate.opened);
    pthread_mutex_unlock(&gate.lock);
    for (size_t i = 0; i < n; i++)
        said[i] = 0;
    for (size_t i = 0; i < started; i++) {
        pthread_join(guests[i].thread, NULL);
        said[i] = guests[i].said;
    }
    free(guests);
    return rc;
}
