// SPDX-License-Identifier: MIT
// Runs schedules, each in a process of its own.
#pragma once

#include <stdbool.h>

struct settings {
    unsigned budget; // schedules of each scenario
    unsigned long seed;
    const char *strategy;
    bool ignore_races;
    unsigned bound;
    unsigned jobs;
    const char *out;
    int argument_count;
    char **arguments;
};
extern struct settings settings;

// Runs order `slot` of `shared` for scenario INDEX, and waits for its end.
void schedule_run(unsigned slot, unsigned scenario, bool tracing);
