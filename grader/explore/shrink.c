// SPDX-License-Identifier: MIT
#include "explore/shrink.h"

#include <string.h>

#include "explore/schedule.h"
#include "explore/shared.h"

enum { TRIES_MAX = 600, LONG_SCHEDULE = 5000, TRIES_IF_LONG = 60 };

static unsigned scenario;
static uint64_t wanted; // signature
static unsigned tries, tries_max;

// The same failure with these deviations alone?
static bool fails_with(const struct deviation *deviations, unsigned count) {
    tries++;
    shared->orders[0].strategy = STRATEGY_REPLAY;
    memcpy(shared->replay, deviations, count * sizeof *deviations);
    shared->replay_count = count;
    schedule_run(0, scenario, false);
    const struct result *r = &shared->results[0];
    return r->kind != RESULT_NONE && r->signature == wanted;
}

static unsigned without(struct deviation *to, const struct deviation *from,
                        unsigned count, unsigned at, unsigned size) {
    unsigned end = at + size < count ? at + size : count;
    memcpy(to, from, at * sizeof *to);
    memcpy(to + at, from + end, (count - end) * sizeof *to);
    return count - (end - at);
}

// Leaves out pieces of SIZE wherever the failure stays; returns what is left.
static unsigned leave_out(struct deviation *all, unsigned count,
                          unsigned size) {
    static struct deviation fewer[DEVIATIONS_MAX];
    unsigned at = 0;
    while (at < count && tries < tries_max) {
        unsigned left = without(fewer, all, count, at, size);
        if (fails_with(fewer, left)) {
            memcpy(all, fewer, left * sizeof *all);
            count = left;
        } else {
            at += size;
        }
    }
    return count;
}

static unsigned minimise(struct deviation *all, unsigned count) {
    if (count > 0 && fails_with(all, 0))
        return 0;
    for (unsigned size = (count + 1) / 2; size > 0; size /= 2) {
        unsigned before;
        do {
            before = count;
            count = leave_out(all, count, size);
        } while (size == 1 && count < before && tries < tries_max);
    }
    return count;
}

// Runs it again, writing down what happens.
static const struct result *trace(void) {
    shared->recorded_count = shared->event_count = 0;
    schedule_run(0, scenario, true);
    return &shared->results[0];
}

static bool repeats(unsigned slot) {
    struct result first = shared->results[slot];
    struct order again = shared->orders[slot];
    if (again.strategy == STRATEGY_DFS)
        shared->dfs.depth = shared->dfs.reached;
    shared->orders[0] = again;
    const struct result *r = trace();
    return r->kind == first.kind && r->signature == first.signature &&
           r->hash == first.hash;
}

bool shrink(unsigned slot, unsigned which) {
    static struct deviation deviations[DEVIATIONS_MAX];
    scenario = which;
    wanted = shared->results[slot].signature;
    tries = 0;
    tries_max =
        shared->results[slot].steps > LONG_SCHEDULE ? TRIES_IF_LONG : TRIES_MAX;
    if (!repeats(slot))
        return false;
    unsigned count = shared->recorded_count;
    memcpy(deviations, shared->recorded, count * sizeof *deviations);
    if (count == DEVIATIONS_MAX || !fails_with(deviations, count)) {
        // It cannot be told by its deviations: show it as it was.
        return true;
    }
    count = minimise(deviations, count);
    memcpy(shared->replay, deviations, count * sizeof *deviations);
    shared->replay_count = count;
    shared->orders[0].strategy = STRATEGY_REPLAY;
    const struct result *r = trace();
    return r->kind != RESULT_NONE && r->signature == wanted;
}
