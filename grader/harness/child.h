// SPDX-License-Identifier: MIT
// The child's side of a test, for the runner.
#pragma once

#include "harness/suite.h"

// Under which tool the program runs, if its build does not say it (valgrind).
void suite_set_tool(enum suite_tool tool);

// In the freshly forked process: runs TEST, sends FAIL or DONE, and leaves.
_Noreturn void child_run(const struct suite_test *test);
