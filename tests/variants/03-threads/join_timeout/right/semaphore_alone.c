// Design: a semaphore is all that remembers the end. Each one who gets it posts
// it again for the next; who looks just then is a moment late.
// SPDX-License-Identifier: MIT
#include "join_timeout.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <time.h>

struct worker {
    pthread_t thread;
    sem_t over;
    void (*fn)(void *);
    void *arg;
};

static void *run(void *arg) {
    worker *w = arg;
    w->fn(w->arg);
    sem_post(&w->over);
    return NULL;
}

worker *worker_start(void (*fn)(void *arg), void *arg) {
    worker *w = malloc(sizeof *w);
    if (w == NULL)
        return NULL;
    w->fn = fn;
    w->arg = arg;
    if (sem_init(&w->over, 0, 0) != 0) {
        free(w);
        return NULL;
    }
    int rc = pthread_create(&w->thread, NULL, run, w);
    if (rc != 0) {
        sem_destroy(&w->over);
        free(w);
        errno = rc;
        return NULL;
    }
    return w;
}

static int wait_until(worker *w, const struct timespec *end) {
    int rc;
    do {
        rc = end == NULL ? sem_wait(&w->over)
                         : sem_clockwait(&w->over, CLOCK_MONOTONIC, end);
    } while (rc != 0 && errno == EINTR);
    if (rc != 0)
        return -ETIMEDOUT;
    sem_post(&w->over);
    return 0;
}

static struct timespec end_of(long ms) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    long ns = t.tv_nsec + ms % 1000 * 1000000L;
    t.tv_sec += ms / 1000 + ns / 1000000000L;
    t.tv_nsec = ns % 1000000000L;
    return t;
}

int worker_join(worker *w, long timeout_ms) {
    if (timeout_ms < 0)
        return wait_until(w, NULL);
    struct timespec end = end_of(timeout_ms);
    return wait_until(w, &end);
}

int worker_alive(worker *w) {
    if (sem_trywait(&w->over) != 0)
        return 1;
    sem_post(&w->over);
    return 0;
}

size_t join_all(worker *const *w, size_t n, long timeout_ms) {
    struct timespec end = end_of(timeout_ms < 0 ? 0 : timeout_ms);
    size_t finished = 0;
    for (size_t i = 0; i < n; i++)
        finished += wait_until(w[i], timeout_ms < 0 ? NULL : &end) == 0;
    return finished;
}

void worker_free(worker *w) {
    pthread_join(w->thread, NULL);
    sem_destroy(&w->over);
    free(w);
}
