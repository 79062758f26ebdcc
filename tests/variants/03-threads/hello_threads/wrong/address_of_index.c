// expect: data-race
// Every thread gets the address of the loop variable, which moves on before
// the thread has read it.
// SPDX-License-Identifier: MIT
#include "hello_threads.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

static struct {
    const struct greeting *g;
    void (*say)(const char *name, int k, void *ctx);
    void *ctx;
    int *said;
} shared;

static void *run(void *arg) {
    size_t i = *(size_t *)arg;
    for (int k = 0; k < shared.g[i].times; k++) {
        shared.say(shared.g[i].name, k, shared.ctx);
        shared.said[i]++;
    }
    return NULL;
}

int greet_all(const struct greeting *g, size_t n,
              void (*say)(const char *name, int k, void *ctx), void *ctx,
              int *said) {
    if (n == 0)
        return 0;
    shared.g = g;
    shared.say = say;
    shared.ctx = ctx;
    shared.said = said;
    memset(said, 0, n * sizeof *said);
    pthread_t threads[n];
    size_t i;
    for (i = 0; i < n; i++)
        if (pthread_create(&threads[i], NULL, run, &i) != 0)
            break;
    size_t started = i;
    for (size_t t = 0; t < started; t++)
        pthread_join(threads[t], NULL);
    return started == n ? 0 : -EAGAIN;
}
