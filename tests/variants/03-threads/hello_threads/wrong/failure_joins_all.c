// expect: crash
// If a thread cannot be created it joins all N: also those that were never
// started, whose handle is no thread's.
// SPDX-License-Identifier: MIT
#include "hello_threads.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

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
    struct task tasks[n];
    pthread_t threads[n];
    memset(threads, 0xff, sizeof threads);
    int rc = 0;
    for (size_t i = 0; i < n; i++)
        said[i] = 0;
    for (size_t i = 0; i < n && rc == 0; i++) {
        tasks[i] = (struct task){&g[i], say, ctx, &said[i]};
        if (pthread_create(&threads[i], NULL, run, &tasks[i]) != 0)
            rc = -EAGAIN;
    }
    for (size_t i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    return rc;
}
