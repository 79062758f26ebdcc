// SPDX-License-Identifier: MIT
// The portfolio: which schedules are tried, in which order.
//
// They are run in rounds whose sizes do not depend on the machine. What one
// schedule teaches is used from the next round on, and the first that fails, by
// number, is the one that is reported: so the outcome is the same with any
// number of processes.
#pragma once

#include <stdbool.h>

struct search {
    bool found;
    unsigned slot;     // of the failing schedule
    unsigned schedule; // its number, from 1
    unsigned schedules_run;
    bool complete; // the exhaustive search came to its end
    int bound;     // with so many preemptions; -1: any number
    unsigned interleavings;
    unsigned uncontrolled; // enum uncontrolled
    unsigned inconclusive; // schedules that had to be given up
    char reason[256];      // of the last of them
};

// Whether so many schedules were given up that there is no verdict.
bool search_gave_up(const struct search *search);
void search_run(struct search *search, unsigned scenario);
