// SPDX-License-Identifier: MIT
// A failing schedule told for a terminal, in at most 25 lines of 80 columns:
//
//   deadlock in schedule 3 (T1 runs mover, T2 runs mover)
//
//        line                             T1                  T2
//          9  pthread_mutex_lock(a);      locks accounts[0].lock
//     >    9  pthread_mutex_lock(a);                          locks …
//     …
//   T1 waits for `accounts[1].lock` (line 10), held by T2 since line 9; …
//
// A column a thread, if there are four of them at most, else the thread's name
// before each step; the source beside it where there is room.
#pragma once

#include <glib.h>

#include "model/trace.h"
#include "report/style.h"

// Appends its steps alone, in at most MOST rows.
void story_write_steps(GString *out, const struct style *style,
                       const struct trace *trace, guint most);

// Appends the story of what TRACE has found; nothing if it has found nothing.
void story_write(GString *out, const struct style *style,
                 const struct trace *trace);
