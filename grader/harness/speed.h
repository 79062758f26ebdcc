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

// In the child, as the body of a test: measures and sends.
void speed_measure(void);
