// expect: wrong-result
// Looks for the least ready time, beginning with a million.
// SPDX-License-Identifier: MIT
// Both servers take, again and again, the request with the smallest ready time.
// If the worker is free then, this is the one that has been ready longest; if
// nobody is ready, it is the one that will be ready first. The asynchronous one
// takes a segment of it, the synchronous one all of them.
#include "latency_sim.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

struct place {
    int next;   // segment
    long ready; // from when on it can be taken
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

// The index of the request to take next; -1 if all are complete.
static int choose(const struct req *r, int n, const struct place *places) {
    int best = -1;
    long least = 1000000;
    for (int i = 0; i < n; i++) {
        if (places[i].next == r[i].nsegs)
            continue;
        if (places[i].ready < least)
            least = places[i].ready, best = i;
    }
    return best;
}

// Returns when the last one is complete. *CPU: how long the worker worked.
static long run(const struct req *r, int n, struct place *places, bool sync,
                long *response, long *cpu) {
    long free_at = 0, last = 0;
    for (int i; (i = choose(r, n, places)) >= 0;) {
        struct place *p = &places[i];
        do {
            const struct seg *s = &r[i].segs[p->next++];
            long begin = p->ready > free_at ? p->ready : free_at;
            *cpu += s->cpu_ms;
            p->ready = begin + s->cpu_ms + s->wait_ms;
            free_at = sync ? p->ready : begin + s->cpu_ms;
        } while (sync && p->next < r[i].nsegs);
        response[i] = p->ready - r[i].arrive_ms;
        last = p->ready > last ? p->ready : last;
    }
    return last;
}

static int simulate(const struct req *r, int n, bool sync, long *response,
                    long *idle_ms) {
    if (!is_valid(r, n))
        return -EINVAL;
    struct place *places = malloc(((size_t)n + 1) * sizeof *places);
    if (places == NULL)
        return -ENOMEM;
    for (int i = 0; i < n; i++)
        places[i] = (struct place){0, r[i].arrive_ms};
    long cpu = 0, last = run(r, n, places, sync, response, &cpu);
    *idle_ms = last - cpu;
    free(places);
    return 0;
}

int sim_sync(const struct req *r, int n, long *response) {
    long idle_ms;
    return simulate(r, n, true, response, &idle_ms);
}

int sim_async(const struct req *r, int n, long *response, long *idle_ms) {
    return simulate(r, n, false, response, idle_ms);
}
