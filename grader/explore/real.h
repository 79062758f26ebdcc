// SPDX-License-Identifier: MIT
// Before main and after the end of a schedule the redirected functions are
// those of the C library: this returns what FUNCTION(…) returns there.
#pragma once

#include "explore/run.h"

#define REAL_UNLESS_ACTIVE(call)                                               \
    do {                                                                       \
        if (!run.active)                                                       \
            return call;                                                       \
    } while (0)
