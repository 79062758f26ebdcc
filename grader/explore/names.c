// SPDX-License-Identifier: MIT
// What is written out for operations, results and strategies (output.h).
#include "explore/run.h"
#include "explore/shared.h"

static const char *const op_names[OP_KIND_COUNT] = {
    "read",        "write",    "atomic-load", "atomic-store", "atomic-update",
    "fence",       "create",   "start",       "end",          "join",
    "detach",      "cancel",   "exit",        "lock",         "trylock",
    "unlock",      "rdlock",   "wrlock",      "rwunlock",     "spin-lock",
    "spin-unlock", "wait",     "woken",       "signal",       "broadcast",
    "sem-wait",    "sem-post", "barrier",     "once",         "malloc",
    "free",        "yield",    "sleep",       "io-read",      "io-write",
    "io-wait",     "init",     "destroy",     "fail"};

const char *op_name(enum op_kind kind) {
    return op_names[kind];
}

const char *result_name(enum result_kind kind) {
    static const char *const names[] = {
        "none",     "data-race",    "deadlock",         "lost-wakeup",
        "livelock", "busy-wait",    "broken-invariant", "wrong-result",
        "crash",    "memory-error", "api-misuse",       "inconclusive",
        "crash"};
    return names[kind];
}

const char *strategy_name(enum strategy strategy) {
    static const char *const names[] = {"openers",    "random", "sticky",
                                        "pct",        "pos",    "surw",
                                        "reads-from", "dfs",    "replay"};
    return names[strategy];
}
