// Design: one lock for the puts, another one for the gets, and an atomic count
// between them; who finds more than it needs wakes the next of its own side.
// SPDX-License-Identifier: MIT
#include "blocking_queue.h"
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

struct bqueue {
    size_t cap, head, tail;
    atomic_size_t count;
    atomic_bool closed;
    pthread_mutex_t take_lock, put_lock;
    pthread_cond_t not_empty, not_full;
    void **ring;
};

bqueue *bq_new(size_t cap) {
    bqueue *q = malloc(sizeof(*q));
    if (!q)
        return NULL;
    q->ring = malloc(cap * sizeof(void *));
    if (!q->ring) {
        int e = errno;
        free(q);
        errno = e;
        return NULL;
    }
    q->cap = cap;
    q->head = q->tail = 0;
    atomic_init(&q->count, 0);
    atomic_init(&q->closed, false);
    pthread_mutex_init(&q->take_lock, NULL);
    pthread_mutex_init(&q->put_lock, NULL);
    pthread_cond_init(&q->not_empty, NULL);
    pthread_cond_init(&q->not_full, NULL);
    return q;
}

static void signal_not_empty(bqueue *q) {
    pthread_mutex_lock(&q->take_lock);
    pthread_cond_signal(&q->not_empty);
    pthread_mutex_unlock(&q->take_lock);
}

static void signal_not_full(bqueue *q) {
    pthread_mutex_lock(&q->put_lock);
    pthread_cond_signal(&q->not_full);
    pthread_mutex_unlock(&q->put_lock);
}

int bq_put(bqueue *q, void *item) {
    pthread_mutex_lock(&q->put_lock);
    while (atomic_load(&q->count) == q->cap && !atomic_load(&q->closed))
        pthread_cond_wait(&q->not_full, &q->put_lock);
    if (atomic_load(&q->closed)) {
        pthread_mutex_unlock(&q->put_lock);
        return -EPIPE;
    }
    q->ring[q->tail] = item;
    if (++q->tail == q->cap)
        q->tail = 0;
    size_t c = atomic_fetch_add(&q->count, 1);
    if (c + 1 < q->cap)
        pthread_cond_signal(&q->not_full);
    pthread_mutex_unlock(&q->put_lock);
    if (c == 0)
        signal_not_empty(q);
    return 0;
}

static int take(bqueue *q, void **item) {
    // take_lock held
    *item = q->ring[q->head];
    if (++q->head == q->cap)
        q->head = 0;
    size_t c = atomic_fetch_sub(&q->count, 1);
    if (c > 1)
        pthread_cond_signal(&q->not_empty);
    pthread_mutex_unlock(&q->take_lock);
    if (c == q->cap)
        signal_not_full(q);
    return 0;
}

int bq_get(bqueue *q, void **item) {
    pthread_mutex_lock(&q->take_lock);
    while (atomic_load(&q->count) == 0) {
        if (atomic_load(&q->closed)) {
            // closed under both locks: nothing is put any more
            pthread_mutex_unlock(&q->take_lock);
            return -EPIPE;
        }
        pthread_cond_wait(&q->not_empty, &q->take_lock);
    }
    return take(q, item);
}

int bq_get_timed(bqueue *q, void **item, long timeout_ms) {
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    long long ns = ts.tv_nsec + (timeout_ms % 1000) * 1000000LL;
    ts.tv_sec += timeout_ms / 1000 + ns / 1000000000;
    ts.tv_nsec = ns % 1000000000;
    pthread_mutex_lock(&q->take_lock);
    while (atomic_load(&q->count) == 0) {
        if (atomic_load(&q->closed)) {
            pthread_mutex_unlock(&q->take_lock);
            return -EPIPE;
        }
        int rc = pthread_cond_timedwait(&q->not_empty, &q->take_lock, &ts);
        if (rc == ETIMEDOUT && atomic_load(&q->count) == 0 &&
            !atomic_load(&q->closed)) {
            pthread_mutex_unlock(&q->take_lock);
            return -ETIMEDOUT;
        }
    }
    return take(q, item);
}

void bq_close(bqueue *q) {
    pthread_mutex_lock(&q->put_lock);
    pthread_mutex_lock(&q->take_lock);
    atomic_store(&q->closed, true);
    pthread_cond_broadcast(&q->not_empty);
    pthread_cond_broadcast(&q->not_full);
    pthread_mutex_unlock(&q->take_lock);
    pthread_mutex_unlock(&q->put_lock);
}

size_t bq_len(bqueue *q) {
    return atomic_load(&q->count);
}

void bq_free(bqueue *q) {
    pthread_cond_destroy(&q->not_full);
    pthread_cond_destroy(&q->not_empty);
    pthread_mutex_destroy(&q->take_lock);
    pthread_mutex_destroy(&q->put_lock);
    free(q->ring);
    free(q);
}
