// SPDX-License-Identifier: MIT
// Known bugs, run in the same process as every test: a tool's silence counts
// only if it was awake. Each canary must be reported; its report is then taken
// out again (reports.c), so that a learner never sees it.
#pragma once

#include <stdbool.h>
#include <stdint.h>

// Runs the canaries of the tool that is running now; none without a tool.
void canary_run(void);

// Whether ADDRESS is code of a canary.
bool canary_contains(uintptr_t address);

// What stands in a valgrind report or an UBSan line of a canary, and nowhere
// else.
#define CANARY_MARK "lk_canary_"
