// SPDX-License-Identifier: MIT
// The functions that programs written for verifiers expect to be given.
#pragma once

#include <stdbool.h>

// Above 0 while the running thread may not be interrupted.
extern int run_atomic;
// True if PC lies in the program's own assume_abort_if_not(): an abort() there
// is no failure, but an execution that does not count.
bool verifier_is_assumption(const void *pc);
