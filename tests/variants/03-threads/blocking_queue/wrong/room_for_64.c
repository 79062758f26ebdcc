// expect: lost-wakeup
// An array of 64 places, however many were asked for.
// SPDX-License-Identifier: MIT
#include "blocking_queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

struct bqueue {
    pthread_mutex_t lock;     // guards everything below
    pthread_cond_t not_empty; // signalled for each item that went in
    pthread_cond_t not_full;  // signalled for each item that came out
    bool closed;
    size_t cap;
    size_t len;
    size_t first; // slot of the oldest item
    void *slots[64];
};

bqueue *bq_new(size_t cap) {
    struct bqueue *q = calloc(1, sizeof *q);
    if (q == NULL)
        return NULL;
    q->cap = cap < 64 ? cap : 64;
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->not_full, NULL);
    // Deadlines on a clock that nobody sets.
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&q->not_empty, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return q;
}

int bq_put(bqueue *q, void *item) {
    pthread_mutex_lock(&q->lock);
    while (q->len == q->cap && !q->closed)
        pthread_cond_wait(&q->not_full, &q->lock);
    if (q->closed) {
        pthread_mutex_unlock(&q->lock);
        return -EPIPE;
    }
    q->slots[(q->first + q->len) % q->cap] = item;
    q->len++;
    pthread_cond_signal(&q->not_empty);
    pthread_mutex_unlock(&q->lock);
    return 0;
}

// The second half of a get: q->lock is held, and is given back.
static int take_and_unlock(bqueue *q, void **item) {
    if (q->len == 0) {
        pthread_mutex_unlock(&q->lock);
        return -EPIPE;
    }
    *item = q->slots[q->first];
    q->first = (q->first + 1) % q->cap;
    q->len--;
    pthread_cond_signal(&q->not_full);
    pthread_mutex_unlock(&q->lock);
    return 0;
}

int bq_get(bqueue *q, void **item) {
    pthread_mutex_lock(&q->lock);
    while (q->len == 0 && !q->closed)
        pthread_cond_wait(&q->not_empty, &q->lock);
    return take_and_unlock(q, item);
}

// The point in time TIMEOUT_MS from now.
static struct timespec deadline_in(long timeout_ms) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += timeout_ms / 1000;
    t.tv_nsec += timeout_ms % 1000 * 1000000;
    if (t.tv_nsec >= 1000000000) { // must stay below a second
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

int bq_get_timed(bqueue *q, void **item, long timeout_ms) {
    // Once, before the loop: waking up in vain does not add to the time.
    struct timespec deadline = deadline_in(timeout_ms);
    pthread_mutex_lock(&q->lock);
    int rc = 0;
    while (q->len == 0 && !q->closed && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&q->not_empty, &q->lock, &deadline);
    // What the queue holds counts, not why the wait ended.
    if (q->len == 0 && !q->closed) {
        pthread_mutex_unlock(&q->lock);
        return -ETIMEDOUT;
    }
    return take_and_unlock(q, item);
}

void bq_close(bqueue *q) {
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    pthread_cond_broadcast(&q->not_empty);
    pthread_cond_broadcast(&q->not_full);
    pthread_mutex_unlock(&q->lock);
}

size_t bq_len(bqueue *q) {
    pthread_mutex_lock(&q->lock);
    size_t len = q->len;
    pthread_mutex_unlock(&q->lock);
    return len;
}

void bq_free(bqueue *q) {
    pthread_cond_destroy(&q->not_full);
    pthread_cond_destroy(&q->not_empty);
    pthread_mutex_destroy(&q->lock);
    free(q);
}
