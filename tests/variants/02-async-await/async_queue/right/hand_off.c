// Design: hand-off. A putter gives its item straight to the first waiting
// getter; a getter pulls the first waiting putter's item in. Items are a list.
// SPDX-License-Identifier: MIT
#include "async_queue.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "lib/lp.h"

struct node {
    void *item;
    struct node *next;
};

struct waiter {
    lp_task *task;
    void *item;
    bool served;
    struct waiter *next, *prev;
};

struct waiters {
    struct waiter *head, *tail;
};

struct aqueue {
    size_t cap, len;
    struct node *first, *last;
    bool closed;
    struct waiters getters, putters;
};

static void enqueue(struct waiters *w, struct waiter *me) {
    me->prev = w->tail;
    me->next = NULL;
    if (w->tail != NULL)
        w->tail->next = me;
    else
        w->head = me;
    w->tail = me;
}

static void dequeue(struct waiters *w, struct waiter *me) {
    if (me->prev != NULL)
        me->prev->next = me->next;
    else
        w->head = me->next;
    if (me->next != NULL)
        me->next->prev = me->prev;
    else
        w->tail = me->prev;
}

static struct waiter *serve(struct waiters *w) {
    struct waiter *first = w->head;
    dequeue(w, first);
    first->served = true;
    lp_unpark(first->task);
    return first;
}

aqueue *aq_new(size_t cap) {
    aqueue *q = calloc(1, sizeof *q);
    if (q != NULL)
        q->cap = cap;
    return q;
}

static int push(aqueue *q, void *item) {
    struct node *node = malloc(sizeof *node);
    if (node == NULL)
        return -ENOMEM;
    *node = (struct node){item, NULL};
    if (q->last != NULL)
        q->last->next = node;
    else
        q->first = node;
    q->last = node;
    q->len++;
    return 0;
}

int aq_put_nowait(aqueue *q, void *item) {
    if (q->closed)
        return -EPIPE;
    if (q->getters.head != NULL) {
        serve(&q->getters)->item = item;
        return 0;
    }
    if (q->cap != 0 && q->len >= q->cap)
        return -EAGAIN;
    return push(q, item);
}

int aq_get_nowait(aqueue *q, void **item) {
    struct node *node = q->first;
    if (node == NULL)
        return q->closed ? -EPIPE : -EAGAIN;
    *item = node->item;
    if (q->putters.head != NULL) {
        // The node is used again for the item that comes in.
        struct node *again = node;
        q->first = node->next;
        if (q->first == NULL)
            q->last = NULL;
        *again = (struct node){serve(&q->putters)->item, NULL};
        if (q->last != NULL)
            q->last->next = again;
        else
            q->first = again;
        q->last = again;
        return 0;
    }
    q->first = node->next;
    if (q->first == NULL)
        q->last = NULL;
    q->len--;
    free(node);
    return 0;
}

// 1: served, whatever has happened since.
static int wait_for(aqueue *q, struct waiters *w, struct waiter *me) {
    me->task = lp_self();
    enqueue(w, me);
    int rc = lp_park(-1);
    if (me->served)
        return 1;
    if (!q->closed)
        dequeue(w, me);
    return rc != 0 ? rc : -EPIPE;
}

int aq_put(aqueue *q, void *item) {
    int rc = aq_put_nowait(q, item);
    if (rc != -EAGAIN)
        return rc;
    struct waiter me = {.item = item};
    rc = wait_for(q, &q->putters, &me);
    return rc == 1 ? 0 : rc;
}

int aq_get(aqueue *q, void **item) {
    int rc = aq_get_nowait(q, item);
    if (rc != -EAGAIN)
        return rc;
    struct waiter me = {0};
    rc = wait_for(q, &q->getters, &me);
    if (rc != 1)
        return rc;
    *item = me.item;
    return 0;
}

static void send_home(struct waiters *w) {
    for (struct waiter *me = w->head; me != NULL; me = me->next)
        lp_unpark(me->task);
    w->head = w->tail = NULL;
}

void aq_close(aqueue *q) {
    if (q->closed)
        return;
    q->closed = true;
    send_home(&q->getters);
    send_home(&q->putters);
}

size_t aq_len(const aqueue *q) {
    return q->len;
}

void aq_free(aqueue *q) {
    if (q == NULL)
        return;
    while (q->first != NULL) {
        struct node *node = q->first;
        q->first = node->next;
        free(node);
    }
    free(q);
}
