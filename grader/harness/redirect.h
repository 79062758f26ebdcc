// SPDX-License-Identifier: MIT
// The functions that take the place of libc's in the learner's and the suite's
// objects: `objcopy --redefine-syms=redirect.syms` renames every call of
// pthread_mutex_lock there to lk_pthread_mutex_lock, and so on. libc, libcurl
// and Check keep calling the real ones. Each notes who waits for what and who
// holds what in the table, counts the calls of the learner's file, injects
// ordered faults, and calls the real function.
//
// This header holds what the redirect*.c files share; nobody else includes it.
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "harness/table.h"

#define CALLER ((uintptr_t)__builtin_return_address(0))

// Counts one CALL; true if it has been ordered to fail.
static inline bool redirect_fails(enum wb_call call, uintptr_t site) {
    if (!table_is_answer(site))
        return false;
    atomic_fetch_add_explicit(&table->calls[call], 1, memory_order_relaxed);
    struct fault *fault = &table->faults[call];
    int countdown =
        atomic_load_explicit(&fault->countdown, memory_order_relaxed);
    if (countdown == 0)
        return false;
    if (countdown > 0 && atomic_fetch_sub(&fault->countdown, 1) != 1)
        return false;
    fault->happened = true;
    return true;
}

// True if this call of the learner's is to fail with EINTR: half of those of
// its kind, of any three in a row at least one and at most two. A loop always
// makes its calls in the same order; so that none of them is interrupted every
// time, the turns follow the Thue-Morse sequence, which has no period, for each
// kind by itself.
static inline bool redirect_interrupted(enum wb_call call, uintptr_t site) {
    if (!table->interrupt || !table_is_answer(site))
        return false;
    unsigned turn = atomic_fetch_add(&table->interrupt_turns[call], 1);
    if (__builtin_parity(turn) != 0)
        return false;
    errno = EINTR;
    return true;
}

// Whether a wait of the learner's for LIMIT_MS is to end after table->cut_ms
// (wb_cut_waits). A negative one has no limit.
static inline bool redirect_cuts(long limit_ms, uintptr_t site) {
    return table->cut_ms > 0 && limit_ms > table->cut_ms &&
           table->cuts < WB_CUTS && table_is_answer(site);
}

// Gives the suite its turn after a CALL that returned RESULT.
static inline void redirect_follow(enum wb_call call, long result,
                                   uintptr_t site) {
    void (*hook)(long) = table_hooks[call];
    if (hook == NULL || result < 0 || !table_is_answer(site))
        return;
    int error = errno;
    hook(result);
    errno = error;
}

static inline struct slot *redirect_wait(enum wait_kind kind, uintptr_t object,
                                         uintptr_t site) {
    struct slot *self = table_self();
    atomic_store_explicit(&self->object, object, memory_order_relaxed);
    atomic_store_explicit(&self->site, site, memory_order_relaxed);
    atomic_store_explicit(&self->wait, (int)kind, memory_order_release);
    return self;
}

static inline void redirect_resume(struct slot *self) {
    atomic_store_explicit(&self->wait, WAIT_NOTHING, memory_order_release);
}
