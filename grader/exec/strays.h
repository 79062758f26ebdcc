// SPDX-License-Identifier: MIT
// Where there is no sandbox, a program's children can leave its process group
// and outlive it. These find them. In a sandbox none of this is needed.
#pragma once

#include <sys/types.h>

// The name of the variable that marks a job's processes.
#define STRAYS_MARK "LOCKSTEP_BOX"

// From now on orphans of our children become our own children, so that no
// stray is ever lost.
void strays_adopt(void);

// Kills what a job has left: as the user UID, which runs nothing but that job,
// everything of that user; with UID 0 (we are no root) every process with
// STRAYS_MARK=MARK in its environment. One that has cleaned its environment
// is caught by strays_end().
void strays_kill(const char *mark, uid_t uid);

// When no job runs any more: kills and reaps every child there is, and adopts
// no more.
void strays_end(void);

// Threads that USER has on this machine now.
unsigned strays_count_tasks(uid_t user);
