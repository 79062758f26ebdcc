// SPDX-License-Identifier: MIT
// What stands between a job's steps and this machine: the command line that
// runs them in a bubblewrap sandbox (or, where there are no namespaces,
// without one), and the reading of what that command said about their end.
//
//  1. box_command() and box_environment() say what to start, with the
//     descriptors of run.h.
//  2. When it is over, box_read_end() turns its status line and wait status
//     into the outcome's end and code.
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "model/job.h"
#include "model/outcome.h"

// Descriptors that the command expects.
enum {
    BOX_CHANNEL_FD = 3, // records, or closed
    BOX_FILTER_FD = 4   // the filter's program; only in a sandbox
};

// A job whose files are taken away afterwards, or that says so, may write to
// its folder; any other has it read-only.
bool box_is_writable(const struct job *job);

// The argv that runs JOB's steps in FOLDER, stopping at the first that fails.
// ETC is a folder with the `hosts` and `nsswitch.conf` that the box gets.
// SANDBOX false: plain sh, to be started in FOLDER. Its standard output is the
// steps' output, both streams; its standard error is private: it carries the
// status lines and whatever bwrap has to say.
GStrv box_command(const struct job *job, const char *folder, const char *etc,
                  bool sandbox);

// The whole environment of the box. MARK, without a sandbox, is the job's
// folder, by which its processes are found (strays.h); else NULL.
GStrv box_environment(const struct job *job, const char *mark);

// Fills end, code and trouble from STATUS, what came on standard error, and
// WAIT_STATUS, as wait(2) gives it.
void box_read_end(const char *status, int wait_status, struct outcome *outcome);
