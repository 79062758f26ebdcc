// Design: no lock at all. A ring whose slots carry a turn number each; two
// eventfds used as semaphores say how many items and free places there are.
// The lowest bit of `in` says that the queue is closed, so that a put and a
// close cannot miss each other. Whoever finds the queue closed gives the token
// back for the next.
// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "blocking_queue.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct slot {
    // 2 * lap: free for the put of that lap; 2 * lap + 1: holds its item.
    atomic_size_t turn;
    void *item;
};

struct bqueue {
    int items, places; // eventfds: tokens
    size_t cap;
    atomic_size_t in;  // 2 * how many were ever put, + 1 once closed
    atomic_size_t out; // how many were ever taken
    struct slot slots[];
};

bqueue *bq_new(size_t cap) {
    bqueue *q = calloc(1, sizeof *q + cap * sizeof(struct slot));
    if (!q)
        return NULL;
    int flags = EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC;
    q->cap = cap;
    q->items = eventfd(0, flags);
    q->places = eventfd((unsigned)cap, flags);
    if (q->items < 0 || q->places < 0) {
        int error = errno;
        if (q->items >= 0)
            close(q->items);
        if (q->places >= 0)
            close(q->places);
        free(q);
        errno = error;
        return NULL;
    }
    return q;
}

static void token_give(int fd) {
    uint64_t one = 1;
    while (write(fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

// Nanoseconds on the clock of the deadlines.
static long long now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

// False when the time is up; DEADLINE < 0: never.
static bool token_take(int fd, long long deadline) {
    for (;;) {
        uint64_t one;
        if (read(fd, &one, sizeof one) == sizeof one)
            return true;
        struct timespec left = {0, 0}, *limit = NULL;
        if (deadline >= 0) {
            long long ns = deadline - now_ns();
            if (ns <= 0)
                return false;
            left.tv_sec = ns / 1000000000;
            left.tv_nsec = ns % 1000000000;
            limit = &left;
        }
        struct pollfd ready = {fd, POLLIN, 0};
        ppoll(&ready, 1, limit, NULL);
    }
}

int bq_put(bqueue *q, void *item) {
    token_take(q->places, -1);
    size_t in = atomic_load(&q->in);
    do {
        if (in & 1) {
            token_give(q->places);
            return -EPIPE;
        }
    } while (!atomic_compare_exchange_weak(&q->in, &in, in + 2));
    size_t at = in / 2;
    struct slot *slot = &q->slots[at % q->cap];
    // A place is free, but it may be another one that is free already.
    while (atomic_load_explicit(&slot->turn, memory_order_acquire) !=
           at / q->cap * 2)
        sched_yield();
    slot->item = item;
    atomic_store_explicit(&slot->turn, at / q->cap * 2 + 1,
                          memory_order_release);
    token_give(q->items);
    return 0;
}

// The caller has taken a token from `items`.
static int take(bqueue *q, void **item) {
    size_t out = atomic_load(&q->out);
    do {
        size_t in = atomic_load(&q->in);
        if ((in & 1) && in / 2 == out) {
            token_give(q->items);
            return -EPIPE;
        }
        if (in / 2 <= out) { // closed, or `out` is old: look again
            sched_yield();
            out = atomic_load(&q->out);
            continue;
        }
        if (atomic_compare_exchange_weak(&q->out, &out, out + 1))
            break;
    } while (true);
    struct slot *slot = &q->slots[out % q->cap];
    while (atomic_load_explicit(&slot->turn, memory_order_acquire) !=
           out / q->cap * 2 + 1)
        sched_yield();
    *item = slot->item;
    atomic_store_explicit(&slot->turn, (out / q->cap + 1) * 2,
                          memory_order_release);
    token_give(q->places);
    return 0;
}

int bq_get(bqueue *q, void **item) {
    token_take(q->items, -1);
    return take(q, item);
}

int bq_get_timed(bqueue *q, void **item, long timeout_ms) {
    if (!token_take(q->items, now_ns() + timeout_ms * 1000000LL))
        return -ETIMEDOUT;
    return take(q, item);
}

void bq_close(bqueue *q) {
    if (atomic_fetch_or(&q->in, 1) & 1)
        return;
    token_give(q->items);
    token_give(q->places);
}

size_t bq_len(bqueue *q) {
    // In this order: `out` can only have moved on since.
    size_t in = atomic_load(&q->in) / 2;
    size_t out = atomic_load(&q->out);
    return in > out ? in - out : 0;
}

void bq_free(bqueue *q) {
    close(q->items);
    close(q->places);
    free(q);
}
