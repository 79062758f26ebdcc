// SPDX-License-Identifier: MIT
// What the processes of the explorer share: how a schedule is to be chosen, and
// what came of it. The parent writes orders, a schedule's process its result.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "explore/run.h"

enum strategy {
    STRATEGY_OPENER, // parameter: which of them
    STRATEGY_RANDOM, // any thread that can go on
    STRATEGY_STICKY, // parameter n: switch with probability 1/n
    STRATEGY_PCT,    // parameter: depth
    STRATEGY_POS,
    STRATEGY_SURW,
    STRATEGY_READS_FROM,
    STRATEGY_DFS,    // parameter: bound of preemptions
    STRATEGY_REPLAY, // the default, but for the deviations given
    STRATEGY_COUNT
};
const char *strategy_name(enum strategy strategy);
enum { OPENER_COUNT = 9 };

// What schedules may vary besides who runs next.
enum surprise {
    MAY_READ_STALE = 1 << 0,
    MAY_TIME_OUT_EARLY = 1 << 1,
    MAY_WAKE_SPURIOUSLY = 1 << 2,
};

struct order {
    enum strategy strategy;
    unsigned parameter;
    uint64_t seed;   // of this schedule
    unsigned may;    // enum surprise
    unsigned target; // of reads-from: index in shared.pairs, + 1; 0 none
};

// A decision that was not the default one.
struct deviation {
    uint32_t thread, point; // when: the thread's own count of decisions
    uint32_t choice;        // thread id * 4 + enum wake; or a plain choice
    uint32_t is_choice;
};
enum { DEVIATIONS_MAX = 16384 };

// Two operations on one object, by different threads.
struct site {
    const void *object, *pc;
    uint32_t thread;
    uint32_t writes;
};
struct pair {
    const void *object, *from, *to; // from == NULL: nothing before
    uint32_t tried, seen;
};
enum {
    SITES_MAX = 256,
    SITES_ALL = 4096,
    PAIRS_MAX = 4096,
    NEW_PAIRS = 128,
    GRAINS_NEW = 1024,
    GRAINS_ALL = 1 << 16,
    PROFILED = 64
};

struct result {
    enum result_kind kind;
    bool finished;
    uint64_t hash;
    uint64_t signature; // equal for the same failure
    unsigned points, steps, thread_count;
    unsigned features, uncontrolled;
    unsigned thread_points[PROFILED];
    char message[1024];
    char file[256];
    int line;
    unsigned preemptions;
    unsigned event_count;
    bool cut; // the exhaustive search left something out
    unsigned misuse_step;
    char misuse[32];
    char memory[32];
    unsigned memory_steps[3];
    unsigned race[2];
    unsigned site_count, pair_count, grain_count;
    struct site sites[SITES_MAX];
    struct pair pairs[NEW_PAIRS];
    uintptr_t grains[GRAINS_NEW]; // | 1: written
    uint8_t grain_threads[GRAINS_NEW];
    unsigned deviation_count;
};

// The exhaustive search's present path.
struct dfs_node {
    uint16_t options, choice;
};
enum { DFS_DEPTH = 1 << 17 };
struct dfs {
    unsigned depth;   // nodes that the next schedule follows
    unsigned reached; // nodes after it
    unsigned bound;
    bool cut;
    struct dfs_node nodes[DFS_DEPTH];
};

// A piece of memory, 8 bytes, that several threads use.
struct grain {
    uintptr_t at;
    uint8_t thread; // + 1 of the first
    uint8_t is_shared, is_written;
};

enum { ROUND_MAX = 64, EVENTS_MAX = 1 << 16 };

struct shared {
    // Frozen while schedules run.
    unsigned features;
    unsigned points_estimate, threads_estimate;
    unsigned thread_points[PROFILED];
    unsigned site_count, pair_count;
    struct site sites[SITES_ALL];
    struct pair pairs[PAIRS_MAX];
    struct grain grains[GRAINS_ALL];
    unsigned grain_count;
    struct deviation replay[DEVIATIONS_MAX];
    unsigned replay_count;

    // Of the present round.
    unsigned next; // taken with an atomic increment
    struct order orders[ROUND_MAX];
    struct result results[ROUND_MAX];
    struct dfs dfs;
    uint64_t dfs_state[4]; // search.c's

    // Written when one schedule is repeated.
    struct deviation recorded[DEVIATIONS_MAX];
    unsigned recorded_count;
    unsigned event_count;
    struct event events[EVENTS_MAX];
    unsigned held_count, waiting_count;
    struct event held[64];    // step: since when
    struct event waiting[64]; // with `holders`
    short holders[64][8];
    struct {
        short id, parent;
        const void *entry;
        unsigned created;
        const void *stack[STACK_SHOWN];
    } threads[THREADS_MAX];
    unsigned thread_count;
};
extern struct shared *shared;
extern struct result *result; // of the schedule that this process runs
extern const struct order *order;

// A thread that could be next, and why.
struct option {
    struct thread *thread;
    enum wake wake;
    uint8_t cost; // 1: a preemption or another surprise
};
// Index of the one chosen; those without cost come first.
unsigned choose_next(const struct option *options, unsigned count);
unsigned choose_value(unsigned count, bool is_surprise);
void choose_begin(void);
// THREAD has just got the turn to do its operation.
void choose_note(const struct thread *thread);
bool choose_may(enum surprise surprise);
