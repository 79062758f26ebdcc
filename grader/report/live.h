// SPDX-License-Identifier: MIT
// Says what is going on while jobs run. On a terminal: one line for each
// exercise that is being worked on, redrawn in place and gone afterwards,
//
//   bank_global   memory, races                    1.2 s
//   fork_map      tests                            0.4 s
//   12 of 40 programs done                         3.1 s
//
// elsewhere: one plain line whenever all that had to be run for an exercise has
// been run, and nothing for what came from the cache.
//
//  1. live_new(), and live_expect() with the plan.
//  2. live_on_start, _on_end and _on_tick fit struct exec_options; `data` is
//     the struct live *.
//  3. live_finish() wipes the live lines. Call it before anything else is
//     written to the terminal, also after an interrupt. live_free() does
//     it too.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

#include "model/job.h"
#include "model/outcome.h"
#include "report/style.h"

struct live;

// REDRAWS: whether STREAM is a terminal that understands cursor movement;
// live_possible() tells. STYLE and STREAM stay the caller's and must
// outlive it.
struct live *live_new(FILE *stream, const struct style *style, bool redraws);
bool live_possible(FILE *stream);
void live_expect(struct live *live, const struct plan *plan);
void live_on_start(const struct job *job, void *live);
void live_on_end(const struct job *job, const struct outcome *outcome,
                 void *live);
void live_on_tick(void *live);
void live_finish(struct live *live);
void live_free(struct live *live);

// For tests: where the time comes from, in microseconds.
void live_use_clock(struct live *live, int64_t (*now_us)(void));

typedef struct live live_auto;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(live_auto, live_free)
