// expect: busy-wait
// Waits in slices of five milliseconds, so as to look at the flag now and then.
// SPDX-License-Identifier: MIT
#include "blocking_queue.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

struct bqueue {
    sem_t items;
    sem_t places;
    pthread_mutex_t lock; // guards the rest
    bool closed;
    size_t cap;
    size_t in;  // how many were ever put
    size_t out; // how many were ever taken
    void *ring[];
};

bqueue *bq_new(size_t cap) {
    bqueue *q = malloc(sizeof *q + cap * sizeof(void *));
    if (q == NULL)
        return NULL;
    sem_init(&q->items, 0, 0);
    sem_init(&q->places, 0, (unsigned)cap);
    pthread_mutex_init(&q->lock, NULL);
    q->closed = false;
    q->cap = cap;
    q->in = q->out = 0;
    return q;
}

int bq_put(bqueue *q, void *item) {
    while (sem_wait(&q->places) != 0)
        ; // a signal
    pthread_mutex_lock(&q->lock);
    bool closed = q->closed;
    if (!closed)
        q->ring[q->in++ % q->cap] = item;
    pthread_mutex_unlock(&q->lock);
    sem_post(closed ? &q->places : &q->items);
    return closed ? -EPIPE : 0;
}

// The caller has taken one from `items`.
static int take(bqueue *q, void **item) {
    pthread_mutex_lock(&q->lock);
    bool empty = q->in == q->out;
    if (!empty)
        *item = q->ring[q->out++ % q->cap];
    pthread_mutex_unlock(&q->lock);
    // Empty: it was closed. Pass the wake-up on.
    sem_post(empty ? &q->items : &q->places);
    return empty ? -EPIPE : 0;
}

int bq_get(bqueue *q, void **item) {
    struct timespec u;
    do {
        clock_gettime(CLOCK_REALTIME, &u);
        u.tv_nsec += 5000000;
        if (u.tv_nsec >= 1000000000)
            u.tv_sec++, u.tv_nsec -= 1000000000;
    } while (sem_timedwait(&q->items, &u) != 0);
    return take(q, item);
}

int bq_get_timed(bqueue *q, void **item, long timeout_ms) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += timeout_ms % 1000 * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    while (sem_timedwait(&q->items, &until) != 0)
        if (errno == ETIMEDOUT)
            return -ETIMEDOUT;
    return take(q, item);
}

void bq_close(bqueue *q) {
    pthread_mutex_lock(&q->lock);
    bool first = !q->closed;
    q->closed = true;
    pthread_mutex_unlock(&q->lock);
    if (!first)
        return;
    sem_post(&q->items);
    sem_post(&q->places);
}

size_t bq_len(bqueue *q) {
    pthread_mutex_lock(&q->lock);
    size_t len = q->in - q->out;
    pthread_mutex_unlock(&q->lock);
    return len;
}

void bq_free(bqueue *q) {
    pthread_mutex_destroy(&q->lock);
    sem_destroy(&q->places);
    sem_destroy(&q->items);
    free(q);
}
