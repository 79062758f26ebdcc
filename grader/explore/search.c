// SPDX-License-Identifier: MIT
#include "explore/search.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "explore/schedule.h"
#include "explore/shared.h"

// Seeds of the N-th schedule of a seed.
static uint64_t seed_of(unsigned number) {
    uint64_t x = settings.seed * 0x9e3779b97f4a7c15u + number;
    x = (x ^ x >> 32) * 0xd6e8feb86659fd93u;
    return x ^ x >> 29;
}

// --- The orders of a round ---------------------------------------------------

struct recipe {
    enum strategy strategy;
    unsigned parameter;
};
static const struct recipe portfolio[] = {
    {STRATEGY_READS_FROM, 0}, {STRATEGY_POS, 0},        {STRATEGY_STICKY, 5},
    {STRATEGY_PCT, 3},        {STRATEGY_READS_FROM, 0}, {STRATEGY_SURW, 0},
    {STRATEGY_POS, 0},        {STRATEGY_READS_FROM, 0}, {STRATEGY_STICKY, 20},
    {STRATEGY_PCT, 2},        {STRATEGY_RANDOM, 0},     {STRATEGY_PCT, 5},
};
enum { RECIPES = sizeof portfolio / sizeof portfolio[0] };

static bool is_asked_for(enum strategy strategy) {
    const char *wanted = settings.strategy;
    return strcmp(wanted, "portfolio") == 0 ||
           strcmp(wanted, strategy_name(strategy)) == 0;
}

// The first ones: openers, and between them pairs that they have brought to
// light. Most bugs show here or need many more.
static const struct recipe beginning[] = {
    {STRATEGY_OPENER, 0},     {STRATEGY_OPENER, 1},
    {STRATEGY_READS_FROM, 0}, {STRATEGY_OPENER, 4},
    {STRATEGY_READS_FROM, 0}, {STRATEGY_OPENER, 6},
    {STRATEGY_READS_FROM, 0}, {STRATEGY_OPENER, 7},
    {STRATEGY_READS_FROM, 0}, {STRATEGY_OPENER, 3},
    {STRATEGY_READS_FROM, 0}, {STRATEGY_OPENER, 2},
    {STRATEGY_READS_FROM, 0}, {STRATEGY_OPENER, 8},
    {STRATEGY_READS_FROM, 0}, {STRATEGY_OPENER, 5},
};
enum { BEGINNING = sizeof beginning / sizeof beginning[0] };

static struct recipe single_recipe(unsigned number) {
    if (is_asked_for(STRATEGY_OPENER))
        return (struct recipe){STRATEGY_OPENER, number % OPENER_COUNT};
    for (unsigned i = 0; i < RECIPES; i++)
        if (is_asked_for(portfolio[i].strategy))
            return portfolio[i];
    return (struct recipe){STRATEGY_STICKY, 5};
}

static bool is_portfolio(void) {
    return strcmp(settings.strategy, "portfolio") == 0;
}

static struct recipe recipe_of(unsigned number) {
    if (!is_portfolio())
        return single_recipe(number);
    return number < BEGINNING ? beginning[number] : portfolio[number % RECIPES];
}

// Pairs come in an order of the seed's; those not tried yet first.
static unsigned choose_pair(uint64_t seed) {
    unsigned count = shared->pair_count, best = 0;
    uint32_t least = UINT32_MAX;
    for (unsigned i = 0; i < count; i++) {
        unsigned at = (unsigned)((seed + i * 7919u) % count);
        const struct pair *p = &shared->pairs[at];
        uint32_t weight = p->tried * 4 + (p->seen > 0 ? 3 : 0);
        if (weight < least) {
            least = weight;
            best = at + 1;
        }
    }
    if (best > 0)
        shared->pairs[best - 1].tried++;
    return best;
}

// Drawn apart from the strategy, so that each gets every mixture.
static unsigned surprises_of(uint64_t seed) {
    unsigned may = 0;
    if ((shared->features & USES_WEAK_LOADS) && (seed >> 40 & 1))
        may |= MAY_READ_STALE;
    if ((shared->features & USES_TIME) && (seed >> 42 & 3) == 0)
        may |= MAY_TIME_OUT_EARLY;
    if ((shared->features & USES_CONDITIONS) && (seed >> 44 & 3) == 0)
        may |= MAY_WAKE_SPURIOUSLY;
    return may;
}

static void order_random(struct order *to, unsigned number) {
    struct recipe recipe = recipe_of(number);
    *to = (struct order){.strategy = recipe.strategy,
                         .parameter = recipe.parameter,
                         .seed = seed_of(number),
                         .may = surprises_of(seed_of(number))};
    if (recipe.strategy == STRATEGY_READS_FROM)
        to->target = choose_pair(to->seed);
}

static void order_dfs(struct order *to) {
    *to = (struct order){.strategy = STRATEGY_DFS,
                         .may = MAY_READ_STALE | MAY_TIME_OUT_EARLY |
                                MAY_WAKE_SPURIOUSLY};
}

struct round {
    unsigned first; // number of its first schedule, from 0
    unsigned count;
    unsigned dfs; // so many at the end belong to the exhaustive search
};

// 1, 1, 2, 2, 2, 4, 4, 8, 8, 16, 32, 64, 64 … schedules: what the first ones
// teach is used soon.
static unsigned round_size(unsigned first) {
    return first < 2    ? 1
           : first < 8  ? 2
           : first < 16 ? 4
           : first < 32 ? 8
           : first < 48 ? 16
           : first < 80 ? 32
                        : ROUND_MAX;
}

static void plan_round(struct round *round, unsigned first, bool with_dfs) {
    unsigned left = settings.budget - first;
    round->first = first;
    round->count = round_size(first) < left ? round_size(first) : left;
    round->dfs = 0;
    bool opening = is_portfolio() && first < BEGINNING;
    if (!opening && with_dfs)
        round->dfs = strcmp(settings.strategy, "dfs") == 0 ? round->count
                                                           : round->count / 2;
    for (unsigned i = 0; i < round->count; i++) {
        struct order *to = &shared->orders[i];
        if (i < round->count - round->dfs)
            order_random(to, first + i);
        else
            order_dfs(to);
    }
}

// --- The exhaustive search ---------------------------------------------------

struct dfs_state {
    bool done, complete;
    int bound;         // of the last complete tree; -1: nothing was left out
    unsigned in_tree;  // schedules of the present tree
    unsigned in_whole; // of the last complete one
};
static struct dfs_state *dfs_state; // shared

// Steps to the next path; false if there is none with the present bound.
static bool next_path(struct dfs *tree) {
    unsigned at = tree->reached;
    while (at > 0 &&
           tree->nodes[at - 1].choice + 1 >= tree->nodes[at - 1].options)
        at--;
    if (at == 0)
        return false;
    tree->nodes[at - 1].choice++;
    tree->depth = at;
    tree->reached = at;
    return true;
}

static void end_tree(struct dfs *tree) {
    dfs_state->complete = true;
    dfs_state->in_whole = dfs_state->in_tree;
    dfs_state->in_tree = 0;
    dfs_state->bound = tree->cut ? (int)tree->bound : -1;
    dfs_state->done = !tree->cut || tree->bound >= settings.bound;
    tree->bound++;
    tree->depth = tree->reached = 0;
    tree->cut = false;
}

static void run_dfs(unsigned first, unsigned count, unsigned scenario) {
    for (unsigned i = first; i < first + count; i++) {
        struct result *r = &shared->results[i];
        if (dfs_state->done) {
            memset(r, 0, offsetof(struct result, sites));
            r->finished = true;
            continue;
        }
        schedule_run(i, scenario, false);
        dfs_state->in_tree++;
        if (r->kind != RESULT_NONE)
            dfs_state->done = true; // the path is kept: it may be repeated
        else if (!next_path(&shared->dfs))
            end_tree(&shared->dfs);
    }
}

// --- Running a round ---------------------------------------------------------

static void work(const struct round *round, unsigned scenario) {
    unsigned plain = round->count - round->dfs;
    for (;;) {
        unsigned unit = __atomic_fetch_add(&shared->next, 1, __ATOMIC_RELAXED);
        if (unit == 0 && round->dfs > 0)
            run_dfs(plain, round->dfs, scenario);
        if (unit == 0)
            continue;
        if (unit > plain)
            return;
        schedule_run(unit - 1, scenario, false);
    }
}

static void run_round(const struct round *round, unsigned scenario) {
    shared->next = 0;
    pid_t workers[64];
    unsigned count = 0;
    while (count + 1 < settings.jobs && count + 1 < round->count &&
           count < 64) {
        pid_t worker = fork();
        if (worker < 0)
            break;
        if (worker == 0) {
            work(round, scenario);
            _exit(0);
        }
        workers[count++] = worker;
    }
    work(round, scenario);
    for (unsigned i = 0; i < count; i++)
        waitpid(workers[i], NULL, 0);
}

// --- What a round teaches ----------------------------------------------------

static void learn_pair(const struct pair *new, bool seen) {
    for (unsigned i = 0; i < shared->pair_count; i++) {
        struct pair *p = &shared->pairs[i];
        if (p->object == new->object && p->from == new->from &&
            p->to == new->to) {
            p->seen += seen;
            return;
        }
    }
    if (shared->pair_count == PAIRS_MAX)
        return;
    shared->pairs[shared->pair_count] = *new;
    shared->pairs[shared->pair_count].tried = 0;
    shared->pairs[shared->pair_count++].seen = seen;
}

static void pair_with(const struct site *from, const struct site *to) {
    if (!from->writes || from->object != to->object ||
        from->thread == to->thread)
        return;
    learn_pair(&(struct pair){from->object, from->pc, to->pc, 0, 0}, false);
}

static void learn_site(const struct site *new) {
    for (unsigned i = 0; i < shared->site_count; i++) {
        const struct site *s = &shared->sites[i];
        if (s->object == new->object && s->pc == new->pc &&
            s->thread == new->thread)
            return;
    }
    if (shared->site_count == SITES_ALL)
        return;
    shared->sites[shared->site_count++] = *new;
    learn_pair(&(struct pair){new->object, NULL, new->pc, 0, 0}, false);
    for (unsigned i = 0; i + 1 < shared->site_count; i++) {
        pair_with(&shared->sites[i], new);
        pair_with(new, &shared->sites[i]);
    }
}

static void learn_grain(uintptr_t told, unsigned thread) {
    uintptr_t grain = told >> 1;
    unsigned slot = (unsigned)(grain * 0x9e3779b97f4a7c15u >> 40);
    for (unsigned i = 0; i < 64; i++) {
        struct grain *g = &shared->grains[(slot + i) & (GRAINS_ALL - 1)];
        if (g->at == 0) {
            g->at = grain;
            g->thread = (uint8_t)(thread + 1);
        }
        if (g->at != grain)
            continue;
        g->is_shared = g->is_shared || g->thread != (uint8_t)(thread + 1);
        g->is_written = g->is_written || (told & 1);
        return;
    }
}

static void learn(const struct result *r) {
    shared->features |= r->features;
    if (shared->points_estimate < r->points)
        shared->points_estimate = r->points;
    for (unsigned i = 0; i < r->thread_count && i < PROFILED; i++)
        if (shared->thread_points[i] < r->thread_points[i])
            shared->thread_points[i] = r->thread_points[i];
    for (unsigned i = 0; i < r->grain_count; i++)
        learn_grain(r->grains[i], r->grain_threads[i]);
    for (unsigned i = 0; i < r->site_count; i++)
        learn_site(&r->sites[i]);
    for (unsigned i = 0; i < r->pair_count; i++)
        learn_pair(&r->pairs[i], true);
}

static bool has_failed(const struct result *r) {
    return r->kind != RESULT_NONE && r->kind != RESULT_INCONCLUSIVE;
}

// If one failed, nothing is learnt: it must be repeated with what it knew.
static void take_results(struct search *search, const struct round *round) {
    for (unsigned i = 0; i < round->count && !search->found; i++) {
        const struct result *r = &shared->results[i];
        search->uncontrolled |= r->uncontrolled;
        if (r->kind == RESULT_INCONCLUSIVE) {
            search->inconclusive++;
            snprintf(search->reason, sizeof search->reason, "%.255s",
                     r->message);
        } else if (has_failed(r)) {
            search->found = true;
            search->slot = i;
            search->schedule = round->first + i + 1;
        }
    }
    search->schedules_run =
        search->found ? search->schedule : round->first + round->count;
    for (unsigned i = 0; i < round->count && !search->found; i++)
        learn(&shared->results[i]);
}

static void begin(struct search *search) {
    memset(search, 0, sizeof *search);
    shared->features = shared->points_estimate = 0;
    shared->site_count = shared->pair_count = 0;
    memset(shared->thread_points, 0, sizeof shared->thread_points);
    memset(shared->grains, 0, sizeof shared->grains);
    memset(&shared->dfs, 0, offsetof(struct dfs, nodes));
    memset(dfs_state, 0, sizeof *dfs_state);
}

// A program of which so many schedules had to be given up is not explored.
enum { INCONCLUSIVE_MAX = 8 };

bool search_gave_up(const struct search *search) {
    return !search->found && (search->inconclusive >= INCONCLUSIVE_MAX ||
                              search->inconclusive * 2 > search->schedules_run);
}

void search_run(struct search *search, unsigned scenario) {
    static struct dfs_state *state;
    if (state == NULL)
        state = (struct dfs_state *)(void *)shared->dfs_state;
    dfs_state = state;
    begin(search);
    unsigned first = 0;
    while (first < settings.budget && !search->found) {
        struct round round;
        unsigned features = shared->features;
        plan_round(&round, first,
                   is_asked_for(STRATEGY_DFS) && !dfs_state->done);
        run_round(&round, scenario);
        take_results(search, &round);
        first += round.count;
        // The tree has another shape if unlocks begin to matter.
        if ((shared->features & ~features & USES_TRYLOCK) && first > 1 &&
            !search->found) {
            memset(&shared->dfs, 0, offsetof(struct dfs, nodes));
            memset(dfs_state, 0, sizeof *dfs_state);
        }
        search->complete = dfs_state->complete;
        search->bound = dfs_state->bound;
        search->interleavings = dfs_state->in_whole;
        if (search->inconclusive >= INCONCLUSIVE_MAX)
            break;
        if (dfs_state->complete && dfs_state->bound == -1 &&
            search->inconclusive == 0)
            break;
    }
}
