// expect: no-overlap
// Every thread holds one lock while it greets: many threads, one at a time.
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

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *run(void *arg) {
    struct task *task = arg;
    *task->said = 0;
    for (int k = 0; k < task->g->times; k++) {
        pthread_mutex_lock(&lock);
        task->say(task->g->name, k, task->ctx);
        (*task->said)++;
        pthread_mutex_unlock(&lock);
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
    for (size_t i = 0; i < n; i++)
        said[i] = 0;
    size_t started;
    for (started = 0; started < n; started++) {
        tasks[started] = (struct task){&g[started], say, ctx, &said[started]};
        if (pthread_create(&threads[started], NULL, run, &tasks[started]) != 0)
            break;
    }
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    return started == n ? 0 : -EAGAIN;
}
