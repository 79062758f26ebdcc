// expect: data-race
// One argument struct for all threads, overwritten for the next while the last
// one may not have read it yet.
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
        return 0;
    pthread_t threads[n];
    struct task task = {g, say, ctx, said};
    size_t started;
    for (size_t i = 0; i < n; i++)
        said[i] = 0;
    for (started = 0; started < n; started++) {
        task.g = &g[started];
        task.said = &said[started];
        if (pthread_create(&threads[started], NULL, run, &task) != 0)
            break;
    }
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    return started == n ? 0 : -EAGAIN;
}
