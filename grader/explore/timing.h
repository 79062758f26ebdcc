// SPDX-License-Identifier: MIT
// Virtual time: it passes when nothing else can happen, and a little whenever
// somebody looks.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

// The virtual moment, ns, of an absolute TIME of CLOCK.
int64_t time_of(clockid_t clock, const struct timespec *time);
// False if its nanoseconds are no part of a second: waiting for it is EINVAL.
bool time_is_valid(const struct timespec *time);
