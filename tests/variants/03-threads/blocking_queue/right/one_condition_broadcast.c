// Design: one condition variable for everything, always broadcast; a linked
// list whose nodes are made beforehand; pthread_cond_clockwait.
// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "blocking_queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct node {
    struct node *next;
    void *item;
};

struct bqueue {
    pthread_mutex_t mutex; // guards all the rest
    pthread_cond_t changed;
    struct node *spare; // unused nodes: none left means full
    struct node *oldest;
    struct node **end; // where the next one is hooked in
    size_t len;
    int closed;
    struct node nodes[];
};

bqueue *bq_new(size_t cap) {
    bqueue *q = malloc(sizeof *q + cap * sizeof(struct node));
    if (!q)
        return NULL;
    pthread_mutex_init(&q->mutex, 0);
    pthread_cond_init(&q->changed, 0);
    q->spare = NULL;
    for (size_t i = 0; i < cap; i++) {
        q->nodes[i].next = q->spare;
        q->spare = &q->nodes[i];
    }
    q->oldest = NULL;
    q->end = &q->oldest;
    q->len = 0;
    q->closed = 0;
    return q;
}

int bq_put(bqueue *q, void *item) {
    int rc = -EPIPE;
    pthread_mutex_lock(&q->mutex);
    while (!q->closed && !q->spare)
        pthread_cond_wait(&q->changed, &q->mutex);
    if (!q->closed) {
        struct node *node = q->spare;
        q->spare = node->next;
        node->next = NULL;
        node->item = item;
        *q->end = node;
        q->end = &node->next;
        q->len++;
        rc = 0;
    }
    pthread_mutex_unlock(&q->mutex);
    if (rc == 0)
        pthread_cond_broadcast(&q->changed);
    return rc;
}

// UNTIL is NULL for ever.
static int get_until(bqueue *q, void **item, const struct timespec *until) {
    int rc = 0;
    pthread_mutex_lock(&q->mutex);
    while (!q->oldest && !q->closed && rc == 0)
        rc = until ? pthread_cond_clockwait(&q->changed, &q->mutex,
                                            CLOCK_MONOTONIC, until)
                   : pthread_cond_wait(&q->changed, &q->mutex);
    struct node *node = q->oldest;
    if (node) {
        *item = node->item;
        q->oldest = node->next;
        if (!q->oldest)
            q->end = &q->oldest;
        node->next = q->spare;
        q->spare = node;
        q->len--;
        pthread_cond_broadcast(&q->changed);
        rc = 0;
    } else {
        rc = q->closed ? -EPIPE : -rc;
    }
    pthread_mutex_unlock(&q->mutex);
    return rc;
}

int bq_get(bqueue *q, void **item) {
    return get_until(q, item, NULL);
}

int bq_get_timed(bqueue *q, void **item, long timeout_ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    long ns = until.tv_nsec + timeout_ms % 1000 * 1000000L;
    until.tv_sec += timeout_ms / 1000 + ns / 1000000000L;
    until.tv_nsec = ns % 1000000000L;
    return get_until(q, item, &until);
}

void bq_close(bqueue *q) {
    pthread_mutex_lock(&q->mutex);
    q->closed = 1;
    pthread_mutex_unlock(&q->mutex);
    pthread_cond_broadcast(&q->changed);
}

size_t bq_len(bqueue *q) {
    pthread_mutex_lock(&q->mutex);
    size_t len = q->len;
    pthread_mutex_unlock(&q->mutex);
    return len;
}

void bq_free(bqueue *q) {
    pthread_cond_destroy(&q->changed);
    pthread_mutex_destroy(&q->mutex);
    free(q);
}
