// expect: lost-wakeup
// A put signals first, outside the lock, and adds the item afterwards: the get
// that is woken finds nothing, sleeps again, and nobody tells it any more.
// SPDX-License-Identifier: MIT
#include "blocking_queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

struct bqueue {
    pthread_mutex_t lock;
    pthread_cond_t not_empty;
    pthread_cond_t not_full;
    bool closed;
    size_t cap, len, head;
    void **items;
};

bqueue *bq_new(size_t cap) {
    bqueue *q = calloc(1, sizeof *q);
    if (q == NULL)
        return NULL;
    q->items = calloc(cap, sizeof *q->items);
    if (q->items == NULL) {
        free(q);
        return NULL;
    }
    q->cap = cap;
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->not_empty, NULL);
    pthread_cond_init(&q->not_full, NULL);
    return q;
}

int bq_put(bqueue *q, void *item) {
    pthread_mutex_lock(&q->lock);
    while (q->len == q->cap && !q->closed)
        pthread_cond_wait(&q->not_full, &q->lock);
    pthread_mutex_unlock(&q->lock);
    pthread_cond_signal(&q->not_empty);
    pthread_mutex_lock(&q->lock);
    while (q->len == q->cap && !q->closed)
        pthread_cond_wait(&q->not_full, &q->lock);
    if (q->closed) {
        pthread_mutex_unlock(&q->lock);
        return -EPIPE;
    }
    q->items[(q->head + q->len) % q->cap] = item;
    q->len++;
    pthread_mutex_unlock(&q->lock);
    return 0;
}

static void *take(bqueue *q) {
    void *item = q->items[q->head];
    q->head = (q->head + 1) % q->cap;
    q->len--;
    pthread_cond_signal(&q->not_full);
    return item;
}

int bq_get(bqueue *q, void **item) {
    pthread_mutex_lock(&q->lock);
    while (q->len == 0 && !q->closed)
        pthread_cond_wait(&q->not_empty, &q->lock);
    if (q->len == 0) {
        pthread_mutex_unlock(&q->lock);
        return -EPIPE;
    }
    *item = take(q);
    pthread_mutex_unlock(&q->lock);
    return 0;
}

int bq_get_timed(bqueue *q, void **item, long timeout_ms) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += timeout_ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&q->lock);
    while (q->len == 0 && !q->closed)
        if (pthread_cond_timedwait(&q->not_empty, &q->lock, &until) != 0)
            break;
    if (q->len == 0) {
        int rc = q->closed ? -EPIPE : -ETIMEDOUT;
        pthread_mutex_unlock(&q->lock);
        return rc;
    }
    *item = take(q);
    pthread_mutex_unlock(&q->lock);
    return 0;
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
    pthread_mutex_destroy(&q->lock);
    pthread_cond_destroy(&q->not_empty);
    pthread_cond_destroy(&q->not_full);
    free(q->items);
    free(q);
}
