// SPDX-License-Identifier: MIT
// The suite's side of the schedules stage: its scenarios are what the schedule
// explorer runs, and a failed expect() ends a schedule.
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include "explore/host.h"
#include "harness/suite.h"

static const char *says(unsigned i) {
    return suite_scenarios[i].says;
}

static const char *kind_now;

static int run_scenario(unsigned i, int argument_count, char **arguments) {
    (void)argument_count;
    (void)arguments;
    kind_now = suite_scenarios[i].kind;
    suite_scenarios[i].run();
    return 0;
}

static unsigned scenario_count(void) {
    return (unsigned)suite_scenario_count;
}

const struct host explore_host = {scenario_count, says, run_scenario, 0};

void suite_fail(const char *kind, const char *file, int line,
                const char *format, ...) {
    char message[900];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    explore_fail(kind != NULL ? kind : kind_now, file, line, message,
                 __builtin_return_address(0));
}

void suite_note(const char *format, ...) {
    (void)format;
}

enum suite_tool suite_tool(void) {
    return TOOL_PLAIN;
}

bool suite_under_valgrind(void) {
    return false;
}

int suite_size(int plain, int sanitized, int valgrind) {
    (void)sanitized;
    (void)valgrind;
    return plain;
}

// splitmix64, public domain, Sebastiano Vigna,
// https://prng.di.unimi.it/splitmix64.c
unsigned long suite_random(unsigned long *state) {
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}
