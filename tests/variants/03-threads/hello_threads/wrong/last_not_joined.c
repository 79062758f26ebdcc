// expect: thread-leak
// An off-by-one: the last thread is not joined, only waited for by a semaphore.
// SPDX-License-Identifier: MIT
#include "hello_threads.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>

struct task {
    const struct greeting *g;
    void (*say)(const char *name, int k, void *ctx);
    void *ctx;
    int *said;
    sem_t *done;
};

static void *run(void *arg) {
    struct task *task = arg;
    *task->said = 0;
    for (int k = 0; k < task->g->times; k++) {
        task->say(task->g->name, k, task->ctx);
        (*task->said)++;
    }
    sem_post(task->done);
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
    sem_t done;
    sem_init(&done, 0, 0);
    for (started = 0; started < n; started++) {
        tasks[started] =
            (struct task){&g[started], say, ctx, &said[started], &done};
        if (pthread_create(&threads[started], NULL, run, &tasks[started]) != 0)
            break;
    }
    for (size_t i = 0; i + 1 < started; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < started; i++)
        sem_wait(&done);
    return started == n ? 0 : -EAGAIN;
}
