// SPDX-License-Identifier: MIT
// Watches one test from outside until it is over, and sees to it that it gets
// there: a test in which nothing can happen any more is explained and killed at
// once, one that goes on and on is killed after its share of CPU time.
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct limits {
    long cpu_ms;    // that it and all it starts may use
    long asleep_ms; // that all of them may be asleep, summed up
};

// Waits for the test's process PID, sends WAITING (if it had to be ended),
// LEFT_PROCESS and EXIT, and returns when it and all it started are gone.
// False if it had to be ended because it ran on: the stage need not try others.
bool watch_test(pid_t pid, const struct limits *limits);
