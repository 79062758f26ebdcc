// Design: one array of waiting tasks for both sides, each with what it waits
// for, on the heap. SPDX-License-Identifier: MIT
#include "async_queue.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/lp.h"

enum wish { ROOM, ITEM };

struct place {
    lp_task *task;
    enum wish wish;
};

struct aqueue {
    size_t cap;
    void **items;
    size_t len, room;
    struct place *line;
    size_t waiting, line_room;
    bool closed;
};

aqueue *aq_new(size_t cap) {
    aqueue *q = calloc(1, sizeof *q);
    if (q == NULL)
        return NULL;
    q->cap = cap;
    q->room = cap ? cap : 4;
    q->items = calloc(q->room, sizeof *q->items);
    if (q->items == NULL) {
        free(q);
        errno = ENOMEM;
        return NULL;
    }
    return q;
}

static long place_of(const aqueue *q, const lp_task *task) {
    for (size_t i = 0; i < q->waiting; i++)
        if (q->line[i].task == task)
            return (long)i;
    return -1;
}

static void leave_at(aqueue *q, size_t i) {
    q->waiting--;
    memmove(&q->line[i], &q->line[i + 1], (q->waiting - i) * sizeof *q->line);
}

static void next_please(aqueue *q, enum wish wish) {
    for (size_t i = 0; i < q->waiting; i++) {
        if (q->line[i].wish != wish)
            continue;
        lp_task *task = q->line[i].task;
        leave_at(q, i);
        lp_unpark(task);
        return;
    }
}

static int stand_in_line(aqueue *q, enum wish wish) {
    if (q->waiting == q->line_room) {
        size_t room = q->line_room * 2 + 4;
        struct place *line = realloc(q->line, room * sizeof *line);
        if (line == NULL)
            return -ENOMEM;
        q->line = line;
        q->line_room = room;
    }
    q->line[q->waiting++] = (struct place){lp_self(), wish};
    int rc = lp_park(-1);
    long place = place_of(q, lp_self());
    if (place >= 0)
        leave_at(q, (size_t)place);
    else if (rc != 0)
        next_please(q, wish);
    return rc;
}

int aq_put_nowait(aqueue *q, void *item) {
    if (q->closed)
        return -EPIPE;
    if (q->len == q->room) {
        if (q->cap > 0)
            return -EAGAIN;
        void **items = realloc(q->items, 2 * q->room * sizeof *items);
        if (items == NULL)
            return -ENOMEM;
        q->items = items;
        q->room *= 2;
    }
    q->items[q->len++] = item;
    next_please(q, ITEM);
    return 0;
}

int aq_get_nowait(aqueue *q, void **item) {
    if (q->len == 0)
        return q->closed ? -EPIPE : -EAGAIN;
    *item = q->items[0];
    q->len--;
    memmove(q->items, q->items + 1, q->len * sizeof *q->items);
    next_please(q, ROOM);
    return 0;
}

int aq_put(aqueue *q, void *item) {
    int rc = aq_put_nowait(q, item);
    while (rc == -EAGAIN && (rc = stand_in_line(q, ROOM)) == 0)
        rc = aq_put_nowait(q, item);
    return rc;
}

int aq_get(aqueue *q, void **item) {
    int rc = aq_get_nowait(q, item);
    while (rc == -EAGAIN && (rc = stand_in_line(q, ITEM)) == 0)
        rc = aq_get_nowait(q, item);
    return rc;
}

void aq_close(aqueue *q) {
    q->closed = true;
    for (size_t i = 0; i < q->waiting; i++)
        lp_unpark(q->line[i].task);
    q->waiting = 0;
}

size_t aq_len(const aqueue *q) {
    return q->len;
}

void aq_free(aqueue *q) {
    if (q == NULL)
        return;
    free(q->items);
    free(q->line);
    free(q);
}
