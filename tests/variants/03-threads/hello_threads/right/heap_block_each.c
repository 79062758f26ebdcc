// Design: a heap block for each thread, handed back through pthread_join with
// the result in it; joined in the order of starting.
// SPDX-License-Identifier: MIT
#include "hello_threads.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct block {
    struct greeting g; // a copy
    void (*say)(const char *name, int k, void *ctx);
    void *ctx;
    int count;
};

static void *run(void *arg) {
    struct block *block = arg;
    for (block->count = 0; block->count < block->g.times; block->count++)
        block->say(block->g.name, block->count, block->ctx);
    return block;
}

// 0, or what greet_all has to return.
static int start(pthread_t *thread, const struct greeting *g,
                 void (*say)(const char *, int, void *), void *ctx) {
    struct block *block = malloc(sizeof *block);
    if (!block)
        return -ENOMEM;
    block->g = *g;
    block->say = say;
    block->ctx = ctx;
    int error = pthread_create(thread, NULL, run, block);
    if (error) {
        free(block);
        return -error;
    }
    return 0;
}

int greet_all(const struct greeting *g, size_t n,
              void (*say)(const char *name, int k, void *ctx), void *ctx,
              int *said) {
    pthread_t *threads = malloc((n + 1) * sizeof *threads);
    if (!threads && n > 0) {
        memset(said, 0, n * sizeof *said);
        return -ENOMEM;
    }
    int rc = 0;
    size_t started = 0;
    while (started < n) {
        rc = start(&threads[started], &g[started], say, ctx);
        if (rc)
            break;
        started++;
    }
    for (size_t i = 0; i < n; i++) {
        said[i] = 0;
        if (i >= started)
            continue;
        void *result;
        pthread_join(threads[i], &result);
        said[i] = ((struct block *)result)->count;
        free(result);
    }
    free(threads);
    return rc;
}
