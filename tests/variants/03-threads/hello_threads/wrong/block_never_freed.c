// expect: memory-leak
// A heap block for each thread, and nobody frees them.
// SPDX-License-Identifier: MIT
#include "hello_threads.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

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
    if (n == 0)
        return 0;
    pthread_t threads[n];
    size_t started;
    int rc = 0;
    for (size_t i = 0; i < n; i++)
        said[i] = 0;
    for (started = 0; started < n; started++) {
        struct task *task = malloc(sizeof *task);
        if (task == NULL) {
            rc = -ENOMEM;
            break;
        }
        *task = (struct task){&g[started], say, ctx, &said[started]};
        if (pthread_create(&threads[started], NULL, run, task) != 0) {
            free(task);
            rc = -EAGAIN;
            break;
        }
    }
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    return rc;
}
