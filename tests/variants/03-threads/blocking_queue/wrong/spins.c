// expect: busy-wait
// Gives up the lock and takes it again until something has changed.
// SPDX-License-Identifier: MIT
#include "blocking_queue.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

struct bqueue {
    pthread_mutex_t lock;
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
    return q;
}

static void nap(bqueue *q) {
    pthread_mutex_unlock(&q->lock);
    sched_yield();
    pthread_mutex_lock(&q->lock);
}

int bq_put(bqueue *q, void *item) {
    pthread_mutex_lock(&q->lock);
    while (q->len == q->cap && !q->closed)
        nap(q);
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
    return item;
}

int bq_get(bqueue *q, void **item) {
    pthread_mutex_lock(&q->lock);
    while (q->len == 0 && !q->closed)
        nap(q);
    if (q->len == 0) {
        pthread_mutex_unlock(&q->lock);
        return -EPIPE;
    }
    *item = take(q);
    pthread_mutex_unlock(&q->lock);
    return 0;
}

static long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int bq_get_timed(bqueue *q, void **item, long timeout_ms) {
    long until = now_ms() + timeout_ms;
    pthread_mutex_lock(&q->lock);
    while (q->len == 0 && !q->closed && now_ms() < until)
        nap(q);
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
    free(q->items);
    free(q);
}
