// expect: wrong-result
// Starts the threads and returns: nobody waits for them. (What they use is on
// the heap, so that they do no other harm.)
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
    int *said = task->said;
    *said = 0;
    for (int k = 0; k < task->g->times; k++) {
        task->say(task->g->name, k, task->ctx);
        (*said)++;
    }
    free(task);
    return NULL;
}

int greet_all(const struct greeting *g, size_t n,
              void (*say)(const char *name, int k, void *ctx), void *ctx,
              int *said) {
    for (size_t i = 0; i < n; i++)
        said[i] = 0;
    for (size_t i = 0; i < n; i++) {
        struct task *task = malloc(sizeof *task);
        if (task == NULL)
            return -ENOMEM;
        *task = (struct task){&g[i], say, ctx, &said[i]};
        pthread_t thread;
        if (pthread_create(&thread, NULL, run, task) != 0) {
            free(task);
            return -EAGAIN;
        }
        pthread_detach(thread);
    }
    return 0;
}
