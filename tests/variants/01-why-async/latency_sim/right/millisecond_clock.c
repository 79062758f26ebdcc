// A clock that goes on by one millisecond at a time, and a worker that counts
// down. SPDX-License-Identifier: MIT
#include "latency_sim.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

struct place {
    int next;
    long ready, complete;
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

static int oldest(const struct req *r, int n, const struct place *p, long now) {
    int best = -1;
    for (int i = 0; i < n; i++)
        if (p[i].next < r[i].nsegs && p[i].ready <= now &&
            (best < 0 || p[i].ready < p[best].ready))
            best = i;
    return best;
}

// Returns the time of the last completion.
static long tick_through(const struct req *r, int n, struct place *p,
                         bool sync) {
    long last = 0, busy_until = 0;
    int open = n;
    for (long now = 0; open > 0; now++) {
        int i;
        while (busy_until <= now && (i = oldest(r, n, p, now)) >= 0) {
            long at = now;
            do {
                busy_until = at + r[i].segs[p[i].next].cpu_ms;
                at = p[i].ready = busy_until + r[i].segs[p[i].next].wait_ms;
                p[i].next++;
            } while (sync && p[i].next < r[i].nsegs);
            if (sync)
                busy_until = at;
            if (p[i].next == r[i].nsegs) {
                p[i].complete = at;
                last = at > last ? at : last;
                open--;
            }
        }
    }
    return last;
}

static int server(const struct req *r, int n, bool sync, long *response,
                  long *idle_ms) {
    if (!is_valid(r, n))
        return -EINVAL;
    struct place *p = calloc((size_t)n + 1, sizeof *p);
    if (p == NULL)
        return -ENOMEM;
    for (int i = 0; i < n; i++)
        p[i].ready = r[i].arrive_ms;
    *idle_ms = tick_through(r, n, p, sync);
    for (int i = 0; i < n; i++) {
        response[i] = p[i].complete - r[i].arrive_ms;
        for (int s = 0; s < r[i].nsegs; s++)
            *idle_ms -= r[i].segs[s].cpu_ms;
    }
    free(p);
    return 0;
}

int sim_sync(const struct req *r, int n, long *response) {
    long unused;
    return server(r, n, true, response, &unused);
}

int sim_async(const struct req *r, int n, long *response, long *idle_ms) {
    return server(r, n, false, response, idle_ms);
}
