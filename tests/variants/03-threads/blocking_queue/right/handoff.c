// Design: whoever has to wait stands in line with a condition variable
// of its own. A put hands its item straight to the first get in line, a get
// lets the first put in line drop its item into the free place: first come,
// first served, and nobody is ever woken in vain.
// SPDX-License-Identifier: MIT
#include "blocking_queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum state { WAITING, SERVED, TURNED_AWAY };

struct waiter {
    struct waiter *next;
    pthread_cond_t wake;
    enum state state;
    void *item;
};

struct line {
    struct waiter *first, **end;
};

struct bqueue {
    pthread_mutex_t m; // guards all
    struct line putters, getters;
    int closed;
    size_t cap, len, head;
    void *ring[];
};

bqueue *bq_new(size_t cap) {
    bqueue *q = calloc(1, sizeof *q + cap * sizeof(void *));
    if (q == NULL)
        return NULL;
    pthread_mutex_init(&q->m, NULL);
    q->putters.end = &q->putters.first;
    q->getters.end = &q->getters.first;
    q->cap = cap;
    return q;
}

static void line_add(struct line *line, struct waiter *w) {
    w->next = NULL;
    *line->end = w;
    line->end = &w->next;
}

static void line_remove(struct line *line, struct waiter *w) {
    struct waiter **at = &line->first;
    while (*at != w)
        at = &(*at)->next;
    *at = w->next;
    if (line->end == &w->next)
        line->end = at;
}

// Takes the first out of the line and tells it how things stand.
static struct waiter *line_call(struct line *line, enum state state) {
    struct waiter *w = line->first;
    if (w == NULL)
        return NULL;
    line_remove(line, w);
    w->state = state;
    pthread_cond_signal(&w->wake);
    return w;
}

static void ring_add(bqueue *q, void *item) {
    q->ring[(q->head + q->len++) % q->cap] = item;
}

// Stands in LINE until called or, unless it is NULL, until UNTIL. The lock is
// held.
static enum state wait_in(bqueue *q, struct line *line, struct waiter *w,
                          const struct timespec *until) {
    pthread_cond_init(&w->wake, NULL);
    w->state = WAITING;
    line_add(line, w);
    int rc = 0;
    while (w->state == WAITING && rc == 0) {
        if (until == NULL)
            pthread_cond_wait(&w->wake, &q->m);
        else
            rc = pthread_cond_timedwait(&w->wake, &q->m, until);
    }
    if (w->state == WAITING)
        line_remove(line, w);
    pthread_cond_destroy(&w->wake);
    return w->state;
}

int bq_put(bqueue *q, void *item) {
    int rc = 0;
    pthread_mutex_lock(&q->m);
    if (q->closed) {
        rc = -EPIPE;
    } else if (q->getters.first != NULL) {
        q->getters.first->item = item;
        line_call(&q->getters, SERVED);
    } else if (q->len < q->cap) {
        ring_add(q, item);
    } else {
        struct waiter me = {.item = item};
        if (wait_in(q, &q->putters, &me, NULL) == TURNED_AWAY)
            rc = -EPIPE;
    }
    pthread_mutex_unlock(&q->m);
    return rc;
}

static int get_until(bqueue *q, void **item, const struct timespec *until) {
    int rc = 0;
    pthread_mutex_lock(&q->m);
    if (q->len > 0) {
        *item = q->ring[q->head];
        q->head = (q->head + 1) % q->cap;
        q->len--;
        struct waiter *putter = line_call(&q->putters, SERVED);
        if (putter != NULL)
            ring_add(q, putter->item);
    } else if (q->closed) {
        rc = -EPIPE;
    } else {
        struct waiter me = {0};
        enum state state = wait_in(q, &q->getters, &me, until);
        if (state == SERVED)
            *item = me.item;
        else
            rc = state == TURNED_AWAY ? -EPIPE : -ETIMEDOUT;
    }
    pthread_mutex_unlock(&q->m);
    return rc;
}

int bq_get(bqueue *q, void **item) {
    return get_until(q, item, NULL);
}

int bq_get_timed(bqueue *q, void **item, long timeout_ms) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += timeout_ms / 1000;
    if ((until.tv_nsec += timeout_ms % 1000 * 1000000) > 999999999) {
        until.tv_sec += 1;
        until.tv_nsec -= 1000000000;
    }
    return get_until(q, item, &until);
}

void bq_close(bqueue *q) {
    pthread_mutex_lock(&q->m);
    q->closed = 1;
    while (line_call(&q->putters, TURNED_AWAY) != NULL)
        ;
    while (line_call(&q->getters, TURNED_AWAY) != NULL)
        ;
    pthread_mutex_unlock(&q->m);
}

size_t bq_len(bqueue *q) {
    pthread_mutex_lock(&q->m);
    size_t len = q->len;
    pthread_mutex_unlock(&q->m);
    return len;
}

void bq_free(bqueue *q) {
    pthread_mutex_destroy(&q->m);
    free(q);
}
