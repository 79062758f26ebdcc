// SPDX-License-Identifier: MIT
// The words and places of hang.c: what a waiting thread does, said in the
// learner's names. Private to hang*.c.
#pragma once

#include "read/waiting.h"

// A test that hangs. Owned by hang_read().
struct hang {
    const struct read_context *context;
    const char *how;    // field 0 of its RECORD_EXIT
    GPtrArray *waiters; // of struct waiter
};

// "waits for `to->lock`", "joins T2", "runs". The caller frees it.
char *hang_doing_words(const struct hang *hang, const struct waiter *waiter);
// "T1 waits for `to->lock` at line 31". The caller frees it.
char *hang_waiter_words(const struct hang *hang, const struct waiter *waiter);

// Appends where WAITER stands, or where it took HELD, if that is in the answer.
void hang_add_waiting(const struct hang *hang, struct finding *finding,
                      const struct waiter *waiter);
void hang_add_held(const struct hang *hang, struct finding *finding,
                   const struct waiter *waiter, const struct held *held);
// Appends every thread's place that is not there yet; 10 places at most.
void hang_add_everybody(const struct hang *hang, struct finding *finding);

// A line for each thread: where it stands and what it holds. The caller frees
// it.
char *hang_evidence(const struct hang *hang);
