// Design: the index travels inside the pointer, the count comes back in the
// pointer that the thread returns; all else is in one file-scope struct.
// SPDX-License-Identifier: MIT
#include "hello_threads.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

static struct {
    const struct greeting *g;
    void (*say)(const char *name, int k, void *ctx);
    void *ctx;
} shared; // written before the first thread is created

static void *run(void *arg) {
    const struct greeting *g = &shared.g[(intptr_t)arg];
    intptr_t k = 0;
    for (; k < g->times; k++)
        shared.say(g->name, (int)k, shared.ctx);
    return (void *)k;
}

int greet_all(const struct greeting *g, size_t n,
              void (*say)(const char *name, int k, void *ctx), void *ctx,
              int *said) {
    if (n == 0)
        return 0;
    shared.g = g;
    shared.say = say;
    shared.ctx = ctx;
    pthread_t *threads = calloc(n, sizeof *threads);
    size_t i = 0;
    if (threads)
        while (i < n &&
               pthread_create(&threads[i], NULL, run, (void *)(intptr_t)i) == 0)
            i++;
    int rc = i == n ? 0 : threads ? -EAGAIN : -ENOMEM;
    for (size_t k = i; k < n; k++)
        said[k] = 0;
    while (i-- > 0) {
        void *count = NULL;
        pthread_join(threads[i], &count);
        said[i] = (int)(intptr_t)count;
    }
    free(threads);
    return rc;
}
