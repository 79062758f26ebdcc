// SPDX-License-Identifier: MIT
// Strategies: which thread is next. Each is a pure function of the order's seed
// and of what the program did so far, so that a schedule can be repeated.
//
//   pct         Burckhardt et al., ASPLOS 2010: random priorities, and a few
//               random moments at which the running thread becomes the last
//   pos         Yuan et al., CAV 2018: a random priority for every operation,
//               drawn anew when it meets one that it conflicts with
//   surw        after Zhao et al., ASPLOS 2025: by the steps a thread has left
//   reads-from  after Wolff et al., ASPLOS 2024: bring about a chosen pair, an
//               operation and the one that sees its effect
//   dfs         all schedules with a bounded number of preemptions (Musuvathi
//               and Qadeer, PLDI 2007), depth first
#include <string.h>

#include "explore/room.h"
#include "explore/shared.h"

static uint64_t state; // of the random numbers

static uint64_t next_random(void) {
    uint64_t x = (state += 0x9e3779b97f4a7c15u);
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static unsigned below(unsigned count) {
    return (unsigned)(next_random() % count);
}

bool choose_may(enum surprise surprise) {
    return (order->may & surprise) != 0;
}

// --- What a schedule teaches: operations and who follows whom ----------------

struct last {
    const void *object, *pc;
    unsigned thread;
};
static struct last lasts[256];

static void tell_site(const struct op *op, unsigned thread) {
    for (unsigned i = 0; i < result->site_count; i++) {
        const struct site *s = &result->sites[i];
        if (s->object == op->object && s->pc == op->pc && s->thread == thread)
            return;
    }
    if (result->site_count < SITES_MAX)
        result->sites[result->site_count++] =
            (struct site){op->object, op->pc, thread, !op->is_read};
}

static void tell_pair(const struct op *op, const void *from) {
    for (unsigned i = 0; i < result->pair_count; i++) {
        const struct pair *p = &result->pairs[i];
        if (p->object == op->object && p->from == from && p->to == op->pc)
            return;
    }
    if (result->pair_count < NEW_PAIRS)
        result->pairs[result->pair_count++] =
            (struct pair){op->object, from, op->pc, 0, 0};
}

static void learn(const struct op *op, unsigned thread) {
    if (op->object == NULL || order->strategy == STRATEGY_DFS ||
        order->strategy == STRATEGY_REPLAY)
        return;
    tell_site(op, thread);
    uint64_t hash = ((uintptr_t)op->object >> 2) * 0x9e3779b97f4a7c15u;
    struct last *last = &lasts[hash >> 56];
    bool same = last->object == op->object;
    if (!same || last->thread != thread)
        tell_pair(op, same ? last->pc : NULL);
    if (!op->is_read)
        *last = (struct last){op->object, op->pc, thread};
}

// --- PCT ---------------------------------------------------------------------

enum { DEPTH_MAX = 16, TOP_PRIORITIES = 1 << 20 };
static unsigned change_points[DEPTH_MAX];

static void pct_begin(void) {
    unsigned steps = shared->points_estimate < 4 ? 4 : shared->points_estimate;
    for (unsigned i = 0; i + 1 < order->parameter && i < DEPTH_MAX; i++)
        change_points[i] = 1 + below(steps);
}

static unsigned highest(const struct option *options, unsigned count) {
    unsigned best = 0;
    for (unsigned i = 0; i < count; i++) {
        struct thread *t = options[i].thread;
        if (t->priority == 0)
            t->priority = TOP_PRIORITIES + (next_random() >> 24);
        if (t->priority > options[best].thread->priority)
            best = i;
    }
    return best;
}

static unsigned pct_next(const struct option *options, unsigned count) {
    struct thread *me = run.current;
    for (unsigned i = 0; i + 1 < order->parameter && i < DEPTH_MAX; i++)
        if (change_points[i] != 0 && run.points >= change_points[i]) {
            me->priority = i + 1;
            change_points[i] = 0;
        }
    if (me->yields)
        me->priority = 1 + below(DEPTH_MAX);
    return highest(options, count);
}

// --- POS ---------------------------------------------------------------------

static void pos_note(const struct thread *next) {
    for (unsigned i = 0; i < run.thread_count; i++) {
        struct thread *t = run.threads[i];
        bool conflict = t->op.object == next->op.object &&
                        t->op.object != NULL &&
                        !(t->op.is_read && next->op.is_read);
        if (t == next || conflict)
            t->priority = TOP_PRIORITIES + (next_random() >> 24);
    }
}

// --- The simple ones ---------------------------------------------------------

static bool goes_on(const struct option *options) {
    return options[0].thread == run.current;
}

static unsigned sticky_next(const struct option *options, unsigned count,
                            unsigned one_in) {
    if (goes_on(options) && below(one_in) != 0)
        return 0;
    return below(count);
}

static unsigned surw_next(const struct option *options, unsigned count) {
    uint64_t weights[THREADS_MAX * 2], sum = 0;
    for (unsigned i = 0; i < count; i++) {
        const struct thread *t = options[i].thread;
        unsigned all = t->id < PROFILED ? shared->thread_points[t->id] : 1;
        weights[i] = all > t->points ? all - t->points : 1;
        sum += weights[i];
    }
    uint64_t at = next_random() % sum;
    for (unsigned i = 0; i < count; i++) {
        if (at < weights[i])
            return i;
        at -= weights[i];
    }
    return 0;
}

static unsigned by_id(const struct option *options, unsigned count,
                      bool newest) {
    unsigned best = 0;
    for (unsigned i = 1; i < count; i++)
        if ((options[i].thread->id > options[best].thread->id) == newest)
            best = i;
    return best;
}

static unsigned main_last(const struct option *options, unsigned count,
                          bool newest) {
    if (goes_on(options) && run.current->id != 0)
        return 0;
    unsigned best = count;
    for (unsigned i = 0; i < count; i++) {
        unsigned id = options[i].thread->id;
        if (id != 0 &&
            (best == count || (id > options[best].thread->id) == newest))
            best = i;
    }
    return best == count ? 0 : best;
}

static unsigned after_current(const struct option *options, unsigned count) {
    unsigned best = 0, least = UINT_MAX;
    for (unsigned i = 0; i < count; i++) {
        unsigned distance =
            (options[i].thread->id + THREADS_MAX - run.current->id - 1) %
            THREADS_MAX;
        if (distance < least) {
            least = distance;
            best = i;
        }
    }
    return best;
}

static enum op_kind last_kind; // of the step before

// Whether others could see something new after a step of this kind.
static bool is_visible(enum op_kind kind) {
    return kind != OP_START && kind != OP_READ && kind != OP_ATOMIC_LOAD &&
           kind != OP_LOCK && kind != OP_RDLOCK && kind != OP_WRLOCK &&
           kind != OP_SPIN_LOCK;
}

// Main creates them all; then they take turns, each up to its next change, and
// main goes last.
static unsigned change_by_change(const struct option *options, unsigned count) {
    const struct thread *me = run.current;
    bool creates = me->id == 0 && me->op.kind == OP_CREATE;
    if (goes_on(options) &&
        (creates || (me->id != 0 && !is_visible(last_kind))))
        return 0;
    unsigned next = after_current(options, count);
    if (options[next].thread->id != 0)
        return next;
    return main_last(options, count, false);
}

static unsigned opener_next(const struct option *options, unsigned count) {
    switch (order->parameter) {
    case 0: // each runs until it must wait, in the order of creation
        return 0;
    case 1: // a new thread runs at once
        return by_id(options, count, true);
    case 2: // main last, the others in order
        return main_last(options, count, false);
    case 3: // main last, the others in reverse
        return main_last(options, count, true);
    case 4: // each step somebody else's
        return after_current(options, count);
    case 5: // main whenever it can, then the oldest
        return by_id(options, count, false);
    case 6: // main first, then the newest
        return options[0].thread->id == 0 ? 0 : by_id(options, count, true);
    case 7: // two steps each
        return run.points % 2 ? 0 : after_current(options, count);
    default:
        return change_by_change(options, count);
    }
}

// --- Reads-from --------------------------------------------------------------

static struct {
    struct pair pair;
    enum { BEFORE_FROM, BETWEEN, AFTER_TO } phase;
    const struct thread *writer;
} goal;

static void reads_from_begin(void) {
    memset(&goal, 0, sizeof goal);
    if (order->target == 0) {
        goal.phase = AFTER_TO;
        return;
    }
    goal.pair = shared->pairs[order->target - 1];
    goal.phase = goal.pair.from == NULL ? BETWEEN : BEFORE_FROM;
}

static bool is_at(const struct option *option, const void *pc) {
    const struct op *op = &option->thread->op;
    return op->object == goal.pair.object && op->pc == pc;
}

static bool is_held_back(const struct option *option) {
    const struct op *op = &option->thread->op;
    if (goal.phase == BEFORE_FROM)
        return is_at(option, goal.pair.to) && !is_at(option, goal.pair.from);
    if (is_at(option, goal.pair.to))
        return option->thread == goal.writer;
    return option->thread == goal.writer ||
           (op->object == goal.pair.object && !op->is_read);
}

static unsigned reads_from_next(const struct option *options, unsigned count) {
    if (goal.phase == AFTER_TO)
        return sticky_next(options, count, 8);
    unsigned wanted[THREADS_MAX * 2], wanted_count = 0;
    for (unsigned i = 0; i < count; i++) {
        if (goal.phase == BETWEEN && is_at(&options[i], goal.pair.to) &&
            options[i].thread != goal.writer)
            return i;
        if (!is_held_back(&options[i]))
            wanted[wanted_count++] = i;
    }
    if (wanted_count == 0)
        return below(count);
    if (wanted[0] == 0 && goes_on(options) && below(8) != 0)
        return 0;
    return wanted[below(wanted_count)];
}

static void reads_from_note(const struct thread *next) {
    const struct op *op = &next->op;
    if (goal.phase == AFTER_TO || op->object != goal.pair.object)
        return;
    if (goal.phase == BEFORE_FROM && op->pc == goal.pair.from) {
        goal.phase = BETWEEN;
        goal.writer = next;
    } else if (goal.phase == BETWEEN && op->pc == goal.pair.to) {
        goal.phase = AFTER_TO;
    }
}

// --- DFS ---------------------------------------------------------------------

static struct { unsigned at, spent; } dfs;

// Whether a preemption before it could make a difference that a later one
// could not: what only the thread itself notices, or what others can only see
// by waiting for it, could not.
static bool is_worth_preempting(const struct op *op) {
    switch (op->kind) {
    case OP_UNLOCK:
    case OP_RWUNLOCK:
    case OP_SPIN_UNLOCK:
        return (shared->features & USES_TRYLOCK) != 0;
    case OP_END:
    case OP_CREATE:
    case OP_JOIN:
    case OP_START:
    case OP_WOKEN:
        return false;
    default:
        return true;
    }
}

static unsigned dfs_take(unsigned allowed) {
    struct dfs *tree = &shared->dfs;
    if (dfs.at >= DFS_DEPTH) {
        tree->cut = true;
        return 0;
    }
    struct dfs_node *node = &tree->nodes[dfs.at++];
    if (dfs.at <= tree->depth) {
        if (node->options != allowed)
            run_give_up("the program does not repeat itself");
        return node->choice;
    }
    *node = (struct dfs_node){(uint16_t)allowed, 0};
    tree->reached = dfs.at;
    return 0;
}

static unsigned dfs_next(const struct option *options, unsigned count) {
    bool goes = goes_on(options) && !run.current->yields;
    if (goes && !is_worth_preempting(&run.current->op))
        return 0;
    unsigned left = shared->dfs.bound - dfs.spent;
    unsigned allowed = 0;
    while (allowed < count && options[allowed].cost <= left)
        allowed++;
    if (allowed < count)
        shared->dfs.cut = true;
    if (allowed < 2)
        return 0;
    unsigned chosen = dfs_take(allowed);
    dfs.spent += options[chosen].cost;
    return chosen;
}

static unsigned dfs_value(unsigned count, bool is_surprise) {
    unsigned left = shared->dfs.bound - dfs.spent;
    if (is_surprise && left == 0) {
        shared->dfs.cut = true;
        return 0;
    }
    unsigned chosen = dfs_take(count);
    if (is_surprise && chosen != 0)
        dfs.spent++;
    return chosen;
}

// --- Replay, and recording for it --------------------------------------------

static const struct deviation *deviation_here(bool is_choice) {
    const struct thread *me = run.current;
    for (unsigned i = 0; i < shared->replay_count; i++) {
        const struct deviation *d = &shared->replay[i];
        if (d->thread == me->id && d->point == me->points &&
            d->is_choice == is_choice)
            return d;
    }
    return NULL;
}

static uint32_t name_of(const struct option *option) {
    return option->thread->id * 4 + option->wake;
}

static unsigned replay_next(const struct option *options, unsigned count) {
    const struct deviation *d = deviation_here(false);
    for (unsigned i = 0; d != NULL && i < count; i++)
        if (name_of(&options[i]) == d->choice)
            return i;
    return 0;
}

static void record(uint32_t choice, bool is_choice) {
    if (!run.tracing || shared->recorded_count == DEVIATIONS_MAX)
        return;
    const struct thread *me = run.current;
    shared->recorded[shared->recorded_count++] =
        (struct deviation){me->id, me->points, choice, is_choice};
}

// --- The choice --------------------------------------------------------------

void choose_begin(void) {
    state = order->seed;
    next_random();
    memset(lasts, 0, sizeof lasts);
    memset(&dfs, 0, sizeof dfs);
    if (order->strategy == STRATEGY_PCT)
        pct_begin();
    if (order->strategy == STRATEGY_READS_FROM)
        reads_from_begin();
}

static unsigned by_strategy(const struct option *options, unsigned count) {
    switch (order->strategy) {
    case STRATEGY_OPENER:
        return opener_next(options, count);
    case STRATEGY_RANDOM:
        return below(count);
    case STRATEGY_STICKY:
        return sticky_next(options, count, order->parameter);
    case STRATEGY_PCT:
        return pct_next(options, count);
    case STRATEGY_POS:
        return highest(options, count);
    case STRATEGY_SURW:
        return surw_next(options, count);
    case STRATEGY_READS_FROM:
        return reads_from_next(options, count);
    default:
        return 0;
    }
}

// Surprises come last; the others are the normal ones.
static unsigned normal_count(const struct option *options, unsigned count) {
    unsigned normal = 0;
    while (normal < count && (options[normal].wake == WAKE_READY ||
                              options[normal].wake == WAKE_CANCEL))
        normal++;
    return normal;
}

enum { SURPRISE_ONE_IN = 8 };

static unsigned with_surprises(const struct option *options, unsigned count) {
    unsigned normal = normal_count(options, count);
    if (normal == 0)
        return below(count);
    if (normal < count && below(SURPRISE_ONE_IN) == 0)
        return normal + below(count - normal);
    return normal < 2 ? 0 : by_strategy(options, normal);
}

unsigned choose_next(const struct option *options, unsigned count) {
    unsigned chosen;
    if (order->strategy == STRATEGY_REPLAY)
        chosen = replay_next(options, count);
    else if (order->strategy == STRATEGY_DFS)
        chosen = dfs_next(options, count);
    else
        chosen = with_surprises(options, count);
    if (chosen != 0)
        record(name_of(&options[chosen]), false);
    return chosen;
}

unsigned choose_value(unsigned count, bool is_surprise) {
    unsigned chosen = 0;
    if (order->strategy == STRATEGY_REPLAY) {
        const struct deviation *d = deviation_here(true);
        chosen = d != NULL && d->choice < count ? d->choice : 0;
    } else if (order->strategy == STRATEGY_DFS) {
        chosen = dfs_value(count, is_surprise);
    } else if (order->strategy == STRATEGY_OPENER) {
        chosen = 0;
    } else if (!is_surprise || below(3) == 0) {
        chosen = below(count);
    }
    if (chosen != 0)
        record(chosen, true);
    return chosen;
}

void choose_note(const struct thread *next) {
    learn(&next->op, next->id);
    last_kind = next->op.kind;
    if (order->strategy == STRATEGY_POS)
        pos_note(next);
    if (order->strategy == STRATEGY_READS_FROM)
        reads_from_note(next);
}
