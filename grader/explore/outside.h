// SPDX-License-Identifier: MIT
// What comes from outside the program: the only thing the explorer waits for.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "explore/run.h"

// Waits until a file descriptor or a process that a thread waits for, and that
// is not of this program alone, is ready. False if there is none such. Ends the
// schedule if nothing comes for too long.
bool outside_wait(void);
// run_point() for OP, which something outside may make possible; its `ready`
// must hold when the virtual time is UNTIL, or NEVER.
enum wake outside_point(const struct op *op, int64_t until);
