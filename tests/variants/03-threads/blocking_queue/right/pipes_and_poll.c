// Design: a ring under a mutex; two pipes hold a byte as long as there is an
// item, and as long as there is room. Who has to wait polls them, without a
// lock and without a limit.
// SPDX-License-Identifier: MIT
#define _GNU_SOURCE 1
#include "blocking_queue.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

// A byte is in `items` while the ring holds something or is closed, and in
// `room` while there is room or it is closed.
struct bqueue {
    pthread_mutex_t lock;
    int items[2], room[2];
    bool items_on, room_on, closed;
    size_t cap, len, first;
    void *slots[];
};

static void set(int fd[2], bool *on, bool want) {
    char c = 0;
    if (want && !*on)
        (void)!write(fd[1], &c, 1);
    else if (!want && *on)
        (void)!read(fd[0], &c, 1);
    *on = want;
}

static void update(bqueue *q) {
    set(q->items, &q->items_on, q->len > 0 || q->closed);
    set(q->room, &q->room_on, q->len < q->cap || q->closed);
}

bqueue *bq_new(size_t cap) {
    bqueue *q = calloc(1, sizeof *q + cap * sizeof(void *));
    if (q == NULL)
        return NULL;
    if (pipe2(q->items, O_CLOEXEC | O_NONBLOCK) != 0) {
        free(q);
        return NULL;
    }
    if (pipe2(q->room, O_CLOEXEC | O_NONBLOCK) != 0) {
        int e = errno;
        close(q->items[0]);
        close(q->items[1]);
        free(q);
        errno = e;
        return NULL;
    }
    pthread_mutex_init(&q->lock, NULL);
    q->cap = cap;
    update(q);
    return q;
}

int bq_put(bqueue *q, void *item) {
    for (;;) {
        pthread_mutex_lock(&q->lock);
        if (q->closed) {
            pthread_mutex_unlock(&q->lock);
            return -EPIPE;
        }
        if (q->len < q->cap) {
            q->slots[(q->first + q->len++) % q->cap] = item;
            update(q);
            pthread_mutex_unlock(&q->lock);
            return 0;
        }
        pthread_mutex_unlock(&q->lock);
        struct pollfd p = {.fd = q->room[0], .events = POLLIN};
        poll(&p, 1, -1);
    }
}

static long long now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int get(bqueue *q, void **item, long timeout_ms) {
    long long end = now_ns() + timeout_ms * 1000000LL;
    for (;;) {
        pthread_mutex_lock(&q->lock);
        if (q->len > 0) {
            *item = q->slots[q->first];
            q->first = (q->first + 1) % q->cap;
            q->len--;
            update(q);
            pthread_mutex_unlock(&q->lock);
            return 0;
        }
        bool closed = q->closed;
        pthread_mutex_unlock(&q->lock);
        if (closed)
            return -EPIPE;
        struct pollfd p = {.fd = q->items[0], .events = POLLIN};
        if (timeout_ms < 0) {
            poll(&p, 1, -1);
            continue;
        }
        long long left = end - now_ns();
        if (left <= 0)
            return -ETIMEDOUT;
        struct timespec t = {left / 1000000000, left % 1000000000};
        ppoll(&p, 1, &t, NULL);
    }
}

int bq_get(bqueue *q, void **item) {
    return get(q, item, -1);
}

int bq_get_timed(bqueue *q, void **item, long timeout_ms) {
    return get(q, item, timeout_ms);
}

void bq_close(bqueue *q) {
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    update(q);
    pthread_mutex_unlock(&q->lock);
}

size_t bq_len(bqueue *q) {
    pthread_mutex_lock(&q->lock);
    size_t n = q->len;
    pthread_mutex_unlock(&q->lock);
    return n;
}

void bq_free(bqueue *q) {
    close(q->items[0]);
    close(q->items[1]);
    close(q->room[0]);
    close(q->room[1]);
    pthread_mutex_destroy(&q->lock);
    free(q);
}
