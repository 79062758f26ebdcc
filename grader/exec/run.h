// SPDX-License-Identifier: MIT
// One child: started, watched, killed and reaped, its output and records
// received. Works from sources of the default GMainContext; nothing blocks.
//
//  1. run_start() starts it. It leads a process group of its own.
//  2. run_kill() may end it early, at any time.
//  3. `done` is called once, from the main loop, when the child and all that it
//     started are gone; the struct run is freed after it.
//
// The child ends when it exits, not when its pipes do; it is killed when its
// time is up, when it prints or records too much, or when the grader dies.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "model/job.h"
#include "model/outcome.h"

struct run;

// Takes OUTCOME.
typedef void (*run_done)(struct outcome *outcome, void *data);

struct run_request {
    GStrv argv;         // argv[0] a path, or looked up in /usr/bin and /bin
    GStrv environment;  // all of it
    const char *folder; // without a sandbox: to start in, and its mark
                        // (strays.h). In one: NULL
    uid_t uid;          // to become, and the group of the same number; 0:
                        // stay who we are
    bool sandbox;       // argv is a bwrap: it gets the filter to install
    bool wants_jit;     // which filter
    bool channel;       // gets records as descriptor 3
    const struct job_limits *limits;
    run_done done;
    void *data;
};

// NULL and ERROR if there are no processes or descriptors left. A program that
// cannot be started is an outcome with OUTCOME_TROUBLE. Nothing of REQUEST is
// kept but `data`.
struct run *run_start(const struct run_request *request, GError **error);

// Kills everything in it now; `done` follows. WHY becomes the outcome's end.
void run_kill(struct run *run, enum outcome_end why);
