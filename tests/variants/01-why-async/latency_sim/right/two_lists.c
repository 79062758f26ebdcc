// A list of those who are ready, sorted as they come, and no search.
// SPDX-License-Identifier: MIT
#include "latency_sim.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

struct waiting {
    struct waiting *next;
    long since; // ready since, or from then on
    int index, seg;
};

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

static void insert(struct waiting **list, struct waiting *one) {
    while (*list != NULL &&
           ((*list)->since < one->since ||
            ((*list)->since == one->since && (*list)->index < one->index)))
        list = &(*list)->next;
    one->next = *list;
    *list = one;
}

static int all_in_line(const struct req *r, int n, struct waiting **room,
                       struct waiting **list) {
    if (!is_valid(r, n))
        return -EINVAL;
    *list = NULL;
    *room = malloc(((size_t)n + 1) * sizeof **room);
    if (*room == NULL)
        return -ENOMEM;
    for (int i = n - 1; i >= 0; i--) {
        (*room)[i] = (struct waiting){NULL, r[i].arrive_ms, i, 0};
        insert(list, &(*room)[i]);
    }
    return 0;
}

int sim_sync(const struct req *r, int n, long *response) {
    struct waiting *room, *list;
    int rc = all_in_line(r, n, &room, &list);
    if (rc != 0)
        return rc;
    long now = 0;
    for (; list != NULL; list = list->next) {
        now = now > list->since ? now : list->since;
        for (int s = 0; s < r[list->index].nsegs; s++)
            now +=
                r[list->index].segs[s].cpu_ms + r[list->index].segs[s].wait_ms;
        response[list->index] = now - list->since;
    }
    free(room);
    return 0;
}

int sim_async(const struct req *r, int n, long *response, long *idle_ms) {
    struct waiting *room, *list;
    int rc = all_in_line(r, n, &room, &list);
    if (rc != 0)
        return rc;
    long now = 0, busy = 0, last = 0;
    while (list != NULL) {
        struct waiting *one = list;
        const struct seg *s = &r[one->index].segs[one->seg];
        list = one->next;
        now = (now > one->since ? now : one->since) + s->cpu_ms;
        busy += s->cpu_ms;
        one->since = now + s->wait_ms;
        if (++one->seg < r[one->index].nsegs) {
            insert(&list, one);
            continue;
        }
        response[one->index] = one->since - r[one->index].arrive_ms;
        last = last > one->since ? last : one->since;
    }
    *idle_ms = last - busy;
    free(room);
    return 0;
}
