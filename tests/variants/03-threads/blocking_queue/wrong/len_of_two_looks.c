// expect: wrong-result
// needs: schedules
// bq_len subtracts two atomic counters, looked at one after the other: in
// between both may move on.
// SPDX-License-Identifier: MIT
#include "blocking_queue.h"
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
struct bqueue {
    pthread_mutex_t lock;
    pthread_cond_t c;
    bool closed;
    size_t cap;
    atomic_size_t in, out;
    void *slots[];
};
bqueue *bq_new(size_t cap) {
    bqueue *q = calloc(1, sizeof *q + cap * sizeof(void *));
    if (!q)
        return NULL;
    q->cap = cap;
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->c, NULL);
    return q;
}
int bq_put(bqueue *q, void *item) {
    pthread_mutex_lock(&q->lock);
    while (q->in - q->out == q->cap && !q->closed)
        pthread_cond_wait(&q->c, &q->lock);
    if (q->closed) {
        pthread_mutex_unlock(&q->lock);
        return -EPIPE;
    }
    q->slots[q->in % q->cap] = item;
    q->in++;
    pthread_cond_broadcast(&q->c);
    pthread_mutex_unlock(&q->lock);
    return 0;
}
static int take(bqueue *q, void **item) {
    int rc = -EPIPE;
    if (q->in != q->out) {
        *item = q->slots[q->out % q->cap];
        q->out++;
        rc = 0;
    }
    pthread_cond_broadcast(&q->c);
    pthread_mutex_unlock(&q->lock);
    return rc;
}
int bq_get(bqueue *q, void **item) {
    pthread_mutex_lock(&q->lock);
    while (q->in == q->out && !q->closed)
        pthread_cond_wait(&q->c, &q->lock);
    return take(q, item);
}
int bq_get_timed(bqueue *q, void **item, long ms) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += ms % 1000 * 1000000;
    if (t.tv_nsec >= 1000000000)
        t.tv_sec++, t.tv_nsec -= 1000000000;
    pthread_mutex_lock(&q->lock);
    int rc = 0;
    while (q->in == q->out && !q->closed && rc == 0)
        rc = pthread_cond_timedwait(&q->c, &q->lock, &t);
    if (q->in == q->out && !q->closed) {
        pthread_mutex_unlock(&q->lock);
        return -ETIMEDOUT;
    }
    return take(q, item);
}
void bq_close(bqueue *q) {
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    pthread_cond_broadcast(&q->c);
    pthread_mutex_unlock(&q->lock);
}
size_t bq_len(bqueue *q) {
    return q->in - q->out;
}
void bq_free(bqueue *q) {
    pthread_mutex_destroy(&q->lock);
    pthread_cond_destroy(&q->c);
    free(q);
}
