// Design: one argument struct that every thread copies; a semaphore tells the
// starter when it may overwrite it for the next.
// SPDX-License-Identifier: MIT
#include "hello_threads.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

struct handover {
    const struct greeting *g;
    int *said;
    void (*say)(const char *name, int k, void *ctx);
    void *ctx;
    sem_t taken;
};

static void *run(void *arg) {
    struct handover *shared = arg;
    struct handover mine;
    mine.g = shared->g;
    mine.said = shared->said;
    mine.say = shared->say;
    mine.ctx = shared->ctx;
    sem_post(&shared->taken);
    int k = 0;
    while (k < mine.g->times)
        mine.say(mine.g->name, k++, mine.ctx);
    *mine.said = k;
    return NULL;
}

int greet_all(const struct greeting *g, size_t n,
              void (*say)(const char *name, int k, void *ctx), void *ctx,
              int *said) {
    if (n == 0)
        return 0;
    memset(said, 0, n * sizeof *said);
    pthread_t *threads = malloc(n * sizeof *threads);
    if (threads == NULL)
        return -ENOMEM;
    struct handover shared = {.say = say, .ctx = ctx};
    sem_init(&shared.taken, 0, 0);
    size_t started;
    for (started = 0; started < n; started++) {
        shared.g = &g[started];
        shared.said = &said[started];
        if (pthread_create(&threads[started], NULL, run, &shared) != 0)
            break;
        while (sem_wait(&shared.taken) != 0)
            ;
    }
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    sem_destroy(&shared.taken);
    free(threads);
    return started < n ? -EAGAIN : 0;
}
