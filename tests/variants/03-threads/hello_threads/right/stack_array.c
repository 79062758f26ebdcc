// Design: an array of argument structs on the stack; safe, as all is joined
// before the function returns.
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
    if (n == 0)
        return 0; // an array of no elements is undefined
    struct task tasks[n];
    pthread_t threads[n];
    size_t started = 0;
    int rc = 0;
    for (size_t i = 0; i < n; i++)
        said[i] = 0;
    while (started < n && rc == 0) {
        tasks[started] = (struct task){&g[started], say, ctx, &said[started]};
        if (pthread_create(&threads[started], NULL, run, &tasks[started]) == 0)
            started++;
        else
            rc = -EAGAIN;
    }
    while (started > 0)
        pthread_join(threads[--started], NULL);
    return rc;
}
