// SPDX-License-Identifier: MIT
// The speed stage: measures an answer against the reference, and decides only
// when the measurement can. See speed.c.
//
// It sends MEASURE records: "threads", "repeats", "voided", "efficiency
// wanted", "cost allowed" with one number; "cost", "speedup", "calibration",
// "efficiency" with median, lower, upper (98 % interval of the median) and
// count, empty if none; last "decision": "pass", "cpu-cost", "too-slow" or
// "undecided".
#pragma once

#include "harness/suite.h"

enum { SPEED_MOST_REPEATS = 24 };

// One value a repeat.
struct speed_series {
    double values[SPEED_MOST_REPEATS];
    int count;
};

// In the child, as the body of a test: measures and sends.
void speed_measure(void);

// What the repeats so far prove of an answer that ran on that many PROCESSORS:
// "pass", "cpu-cost" or "too-slow"; NULL while they prove nothing.
const char *speed_decide(const struct speed_series *cost,
                         const struct speed_series *efficiency, int processors,
                         const struct suite_speed *wanted);
