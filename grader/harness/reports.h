// SPDX-License-Identifier: MIT
// Collects what the tool wrote about one test, takes the canaries' own reports
// out, and sends the rest to the grader.
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

// Where the tools write: REPORTS_PREFIX.<pid>. The plan passes the same path
// to valgrind.
#define REPORTS_PREFIX "/tmp/lockstep-report"

// Tells the sanitizer runtime, if there is one, to write there.
void reports_direct(void);
// Sends RECORD_REPORT for the test whose process was PID (and for the processes
// it forked), and removes the files. Nothing is sent without a tool.
void reports_send(pid_t pid);
// Appends what a learner shall see of the running tool's TEXT to REST; how many
// reports were canaries' and are left out.
int reports_sift(const char *text, FILE *rest);
