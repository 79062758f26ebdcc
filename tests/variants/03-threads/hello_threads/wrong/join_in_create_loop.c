// expect: no-overlap
// Joins each thread before it creates the next: only one ever runs.
// SPDX-License-Identifier: MIT
#include "hello_threads.h"

#include <errno.h>
#include <pthread.h>

struct task {
    const struct greeting *g;
    void (*say)(const char *name, int k, void *ctx);
    void *ctx;
    int *said;
};

static void *run(void *arg) {
    struct task *task = arg;
    *task->said = 0;
    for (int k = 0; k < task->g->times; k++) {
        task->say(task->g->name, k, task->ctx);
        (*task->said)++;
    }
    return NULL;
}

int greet_all(const struct greeting *g, size_t n,
              void (*say)(const char *name, int k, void *ctx), void *ctx,
              int *said) {
    for (size_t i = 0; i < n; i++)
        said[i] = 0;
    for (size_t i = 0; i < n; i++) {
        struct task task = {&g[i], say, ctx, &said[i]};
        pthread_t thread;
        if (pthread_create(&thread, NULL, run, &task) != 0)
            return -EAGAIN;
        pthread_join(thread, NULL);
    }
    return 0;
}
