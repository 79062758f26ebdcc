// expect: memory-error
// If a thread cannot be created it returns at once: those already started go on
// with arguments that are dead.
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
    struct task tasks[64];
    pthread_t threads[64];
    for (size_t i = 0; i < n; i++)
        said[i] = 0;
    for (size_t i = 0; i < n; i++) {
        tasks[i] = (struct task){&g[i], say, ctx, &said[i]};
        if (pthread_create(&threads[i], NULL, run, &tasks[i]) != 0)
            return -EAGAIN;
    }
    for (size_t i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
