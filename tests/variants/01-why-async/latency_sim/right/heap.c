// A binary heap of ready requests and a sorted array for the synchronous
// server. SPDX-License-Identifier: MIT
#include "latency_sim.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

struct event {
    long at;
    int index, next;
};

static bool before(struct event a, struct event b) {
    return a.at < b.at || (a.at == b.at && a.index < b.index);
}

static int compare(const void *a, const void *b) {
    const struct event *x = a, *y = b;
    return before(*x, *y) ? -1 : before(*y, *x);
}

// Moves heap[0] down to where it belongs.
static void sink(struct event *heap, int n) {
    for (int i = 0, child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && before(heap[child + 1], heap[child]))
            child++;
        if (!before(heap[child], heap[i]))
            return;
        struct event kept = heap[i];
        heap[i] = heap[child];
        heap[child] = kept;
    }
}

static bool is_valid(const struct req *r, int n) {
    if (n < 0)
        return false;
    for (int i = 0; i < n; i++) {
        if (r[i].arrive_ms < 0 || r[i].nsegs < 1)
            return false;
        for (int s = 0; s < r[i].nsegs; s++)
            if (r[i].segs[s].cpu_ms < 0 || r[i].segs[s].wait_ms < 0)
                return false;
    }
    return true;
}

// A sorted array is a heap.
static int sorted(const struct req *r, int n, struct event **events) {
    if (!is_valid(r, n))
        return -EINVAL;
    *events = calloc((size_t)n + 1, sizeof **events);
    if (*events == NULL)
        return -ENOMEM;
    for (int i = 0; i < n; i++)
        (*events)[i] = (struct event){r[i].arrive_ms, i, 0};
    qsort(*events, (size_t)n, sizeof **events, compare);
    return 0;
}

int sim_sync(const struct req *r, int n, long *response) {
    struct event *events;
    int rc = sorted(r, n, &events);
    if (rc != 0)
        return rc;
    long now = 0;
    for (int k = 0; k < n; k++) {
        const struct req *one = &r[events[k].index];
        if (now < one->arrive_ms)
            now = one->arrive_ms;
        for (int s = 0; s < one->nsegs; s++)
            now += one->segs[s].cpu_ms + one->segs[s].wait_ms;
        response[events[k].index] = now - one->arrive_ms;
    }
    free(events);
    return 0;
}

int sim_async(const struct req *r, int n, long *response, long *idle_ms) {
    struct event *heap;
    int rc = sorted(r, n, &heap), count = n;
    if (rc != 0)
        return rc;
    long now = 0, idle = 0, last = 0;
    while (count > 0) {
        struct event *top = &heap[0];
        const struct req *one = &r[top->index];
        if (top->at > now) {
            idle += top->at - now;
            now = top->at;
        }
        now += one->segs[top->next].cpu_ms;
        top->at = now + one->segs[top->next].wait_ms;
        if (++top->next == one->nsegs) {
            response[top->index] = top->at - one->arrive_ms;
            last = top->at > last ? top->at : last;
            heap[0] = heap[--count];
        }
        sink(heap, count);
    }
    *idle_ms = idle + (last - now);
    free(heap);
    return 0;
}
