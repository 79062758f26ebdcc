// SPDX-License-Identifier: MIT
// What this machine lets us do; each is tried once in a process's life.
#pragma once

#include <stdbool.h>
#include <sys/types.h>

// Whether a job can run in a sandbox; if not, *REASON (owned here) says why.
bool probe_sandbox(const char **reason);

// The unprivileged user for the job in SLOT (from 0), different for each; 0 if
// jobs run as who we are: we are no root, or one that cannot become another.
uid_t probe_user(int slot);
