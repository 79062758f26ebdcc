// expect: thread-leak
// Waits for all threads by a semaphore, but neither joins nor detaches them.
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
    sem_t done;
    sem_init(&done, 0, 0);
    for (size_t i = 0; i < n; i++)
        said[i] = 0;
    size_t started;
    for (started = 0; started < n; started++) {
        tasks[started] =
            (struct task){&g[started], say, ctx, &said[started], &done};
        pthread_t thread;
        if (pthread_create(&thread, NULL, run, &tasks[started]) != 0)
            break;
    }
    for (size_t i = 0; i < started; i++)
        sem_wait(&done);
    return started == n ? 0 : -EAGAIN;
}
