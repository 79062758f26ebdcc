// SPDX-License-Identifier: MIT
// What is explored: the main of a program, or the scenarios of a suite.
#pragma once

struct host {
    unsigned (*count)(void);         // of scenarios
    const char *(*says)(unsigned i); // what it demands; NULL for a program
    // Runs it in a schedule's process. Whoever ends the process before it
    // returns, ends it too early, unless may_exit.
    int (*run)(unsigned i, int argument_count, char **arguments);
    int may_exit;
};
extern const struct host explore_host;

// A scenario's assertion failed: ends the schedule. KIND is a name of
// output.h; NULL means broken-invariant.
_Noreturn void explore_fail(const char *kind, const char *file, int line,
                            const char *message, const void *pc);
