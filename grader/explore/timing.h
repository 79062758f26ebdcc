// SPDX-License-Identifier: MIT
// Virtual time: it passes when nothing else can happen, and a little whenever
// somebody looks.
#pragma once

#include <stdint.h>
#include <time.h>

// The virtual moment, ns, of an absolute TIME of CLOCK.
int64_t time_of(clockid_t clock, const struct timespec *time);
