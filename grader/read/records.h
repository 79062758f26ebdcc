// SPDX-License-Identifier: MIT
// Reads the whole outcome of a suite's run: the records that the harness sent
// (harness/record_types.h) and how the run ended. Nothing passes by silence:
// each test must have said BEGIN … DONE … END, each tool must have seen its
// canaries, and the runner must have said BYE. What is missing is either
// explained by a finding or it is the grader's own trouble.
//
//   RECORD_FAIL                  the kind it names
//   no DONE, ended by itself     did-not-finish
//   EXIT "signalled"             crash, unless a tool's report tells it
//   EXIT "stuck" "cpu" "wall" "stopped"   hang.h
//   EXIT "memory"; endless output         resource-limit
//   STRAY, LEFT_PROCESS          child-leak
//   THREAD_LEFT                  thread-leak
//   REPORT                       tsan.h, asan.h, valgrind.h
//
// `test` of each finding is what its test demands. The same finding (kind and
// first place, or message where there is none) of several tests is told once.
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "model/outcome.h"
#include "read/context.h"

// Appends to FINDINGS (of struct finding).
// Returns NULL, or a complete sentence that says why this run proves nothing;
// the caller frees it. A run passes if no failing finding was appended and NULL
// came back.
char *records_read(const struct read_context *context,
                   const struct outcome *outcome, GPtrArray *findings);
