// Design: every change wakes everybody who waits for it; each looks again, and
// those who find nothing wait again, in the same order.
// SPDX-License-Identifier: MIT
#include "async_queue.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "lib/lp.h"

struct sleeper {
    lp_task *task;
    struct sleeper *next;
    struct sleeper **list; // NULL: not in one
};

struct cell {
    void *item;
    struct cell *next;
};

struct aqueue {
    size_t cap, len;
    bool closed;
    struct cell *cells, **end;
    struct sleeper *empty, *full;
};

aqueue *aq_new(size_t cap) {
    aqueue *q = malloc(sizeof *q);
    if (q == NULL)
        return NULL;
    *q = (aqueue){.cap = cap};
    q->end = &q->cells;
    return q;
}

static int sleep_in(struct sleeper **list) {
    struct sleeper me = {lp_self(), NULL, list};
    struct sleeper **p = list;
    while (*p)
        p = &(*p)->next;
    *p = &me;
    int rc = lp_park(-1);
    if (me.list) {
        for (p = list; *p != &me; p = &(*p)->next)
            ;
        *p = me.next;
    }
    return rc;
}

static void wake_all(struct sleeper **list) {
    while (*list) {
        struct sleeper *s = *list;
        *list = s->next;
        s->list = NULL;
        lp_unpark(s->task);
    }
}

int aq_put_nowait(aqueue *q, void *item) {
    if (q->closed)
        return -EPIPE;
    if (q->cap && q->len == q->cap)
        return -EAGAIN;
    struct cell *cell = malloc(sizeof *cell);
    if (!cell)
        return -ENOMEM;
    cell->item = item;
    cell->next = NULL;
    *q->end = cell;
    q->end = &cell->next;
    q->len++;
    wake_all(&q->empty);
    return 0;
}

int aq_get_nowait(aqueue *q, void **item) {
    struct cell *cell = q->cells;
    if (!cell)
        return q->closed ? -EPIPE : -EAGAIN;
    q->cells = cell->next;
    if (!q->cells)
        q->end = &q->cells;
    q->len--;
    *item = cell->item;
    free(cell);
    wake_all(&q->full);
    return 0;
}

int aq_put(aqueue *q, void *item) {
    for (;;) {
        int rc = aq_put_nowait(q, item);
        if (rc != -EAGAIN || (rc = sleep_in(&q->full)) != 0)
            return rc;
    }
}

int aq_get(aqueue *q, void **item) {
    for (;;) {
        int rc = aq_get_nowait(q, item);
        if (rc != -EAGAIN || (rc = sleep_in(&q->empty)) != 0)
            return rc;
    }
}

void aq_close(aqueue *q) {
    q->closed = true;
    wake_all(&q->empty);
    wake_all(&q->full);
}

size_t aq_len(const aqueue *q) {
    return q->len;
}

void aq_free(aqueue *q) {
    if (!q)
        return;
    while (q->cells) {
        struct cell *cell = q->cells;
        q->cells = cell->next;
        free(cell);
    }
    free(q);
}
