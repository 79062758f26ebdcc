// expect: lost-wakeup
// The lines of those who wait are static: all queues share them.
// SPDX-License-Identifier: MIT
// How it works. The items are a ring. Two lines hold those who wait, as structs
// on their own stacks. An item put wakes the first who waits for one, an item
// taken the first who waits for room; whoever is woken looks again, for others
// may have been quicker.
//
// Who is woken is off the line at once. So a cancelled task knows whether a
// wake-up was spent on it, and hands it on.
#include "async_queue.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "lib/lp.h"

enum { FIRST_ROOM = 16 };

struct waiter {
    lp_task *task;
    bool waiting; // on the line
    struct waiter *next;
};

struct line {
    struct waiter *first;
};

struct aqueue {
    size_t cap; // 0: no limit
    void **ring;
    size_t room; // of the ring
    size_t head; // the oldest
    size_t count;
    bool closed;
};
static struct { struct line getters, putters; } S;

// --- Waiting -----------------------------------------------------------------

static void append(struct line *line, struct waiter *waiter) {
    struct waiter **end = &line->first;
    while (*end != NULL)
        end = &(*end)->next;
    *end = waiter;
}

static void take_off(struct line *line, struct waiter *waiter) {
    struct waiter **place = &line->first;
    while (*place != waiter)
        place = &(*place)->next;
    *place = waiter->next;
    waiter->waiting = false;
}

static void wake_one(struct line *line) {
    struct waiter *first = line->first;
    if (first == NULL)
        return;
    take_off(line, first);
    lp_unpark(first->task);
}

static int wait_in(struct line *line) {
    struct waiter self = {.task = lp_self(), .waiting = true};
    append(line, &self);
    int rc = lp_park(-1);
    if (self.waiting)
        take_off(line, &self);
    else if (rc != 0)
        wake_one(line);
    return rc;
}

// --- The queue ---------------------------------------------------------------

aqueue *aq_new(size_t cap) {
    aqueue *q = calloc(1, sizeof *q);
    if (q == NULL)
        return NULL;
    q->cap = cap;
    return q;
}

static bool grow(aqueue *q) {
    size_t room = q->room == 0 ? FIRST_ROOM : 2 * q->room;
    void **ring = malloc(room * sizeof *ring);
    if (ring == NULL)
        return false;
    for (size_t i = 0; i < q->count; i++)
        ring[i] = q->ring[(q->head + i) % q->room];
    free(q->ring);
    q->ring = ring;
    q->room = room;
    q->head = 0;
    return true;
}

int aq_put_nowait(aqueue *q, void *item) {
    if (q->closed)
        return -EPIPE;
    if (q->cap > 0 && q->count == q->cap)
        return -EAGAIN;
    if (q->count == q->room && !grow(q))
        return -ENOMEM;
    q->ring[(q->head + q->count++) % q->room] = item;
    wake_one(&S.getters);
    return 0;
}

int aq_get_nowait(aqueue *q, void **item) {
    if (q->count == 0)
        return q->closed ? -EPIPE : -EAGAIN;
    *item = q->ring[q->head];
    q->head = (q->head + 1) % q->room;
    q->count--;
    wake_one(&S.putters);
    return 0;
}

int aq_put(aqueue *q, void *item) {
    int rc;
    while ((rc = aq_put_nowait(q, item)) == -EAGAIN) {
        rc = wait_in(&S.putters);
        if (rc != 0)
            return rc;
    }
    return rc;
}

int aq_get(aqueue *q, void **item) {
    int rc;
    while ((rc = aq_get_nowait(q, item)) == -EAGAIN) {
        rc = wait_in(&S.getters);
        if (rc != 0)
            return rc;
    }
    return rc;
}

void aq_close(aqueue *q) {
    q->closed = true;
    while (S.getters.first != NULL)
        wake_one(&S.getters);
    while (S.putters.first != NULL)
        wake_one(&S.putters);
}

size_t aq_len(const aqueue *q) {
    return q->count;
}

void aq_free(aqueue *q) {
    if (q == NULL)
        return;
    free(q->ring);
    free(q);
}
