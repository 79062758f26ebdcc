// SPDX-License-Identifier: MIT
// The few steps between fork and exec, in the child: only calls that are safe
// there (signal-safety(7)), since a library may have started a thread.
#pragma once

#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

struct sock_fprog;

// All of it prepared before the fork.
struct child {
    const char *program; // a path
    char *const *argv;
    char *const *environment;
    const char *folder; // NULL: stay
    uid_t uid;          // 0: stay
    int fds[5];         // become 0 … 4; -1 leaves that number closed
    const struct sock_fprog *filter; // installed here; NULL: not
    rlim_t cpu_seconds;              // RLIM_INFINITY: none
    rlim_t file_bytes;
    rlim_t processes;
    pid_t parent; // dies with it
};

// Never returns. What goes wrong is said on descriptor 2, with status 125.
_Noreturn void child_exec(struct child *child);
