// expect: memory-error
// The thread returns the address of a local variable as its result; it is dead
// when the joiner reads it.
// SPDX-License-Identifier: MIT
#include "hello_threads.h"

#include <errno.h>
#include <pthread.h>

struct task {
    const struct greeting *g;
    void (*say)(const char *name, int k, void *ctx);
    void *ctx;
};

static void *result_at(int *count) {
    return count;
}

static void *run(void *arg) {
    struct task *task = arg;
    int count = 0;
    while (count < task->g->times) {
        task->say(task->g->name, count, task->ctx);
        count++;
    }
    return result_at(&count);
}

int greet_all(const struct greeting *g, size_t n,
              void (*say)(const char *name, int k, void *ctx), void *ctx,
              int *said) {
    if (n == 0)
        return 0;
    struct task tasks[n];
    pthread_t threads[n];
    size_t started;
    for (size_t i = 0; i < n; i++)
        said[i] = 0;
    for (started = 0; started < n; started++) {
        tasks[started] = (struct task){&g[started], say, ctx};
        if (pthread_create(&threads[started], NULL, run, &tasks[started]) != 0)
            break;
    }
    for (size_t i = 0; i < started; i++) {
        void *count;
        pthread_join(threads[i], &count);
        said[i] = *(int *)count;
    }
    return started == n ? 0 : -EAGAIN;
}
