// SPDX-License-Identifier: MIT
// Keeps child processes running: starts them, starts those again that crash, and
// stops them all when it is told to.
#pragma once

// What a child does. The child calls fn(arg) and exits with its result (0 … 255).
struct sup_child {
    int (*fn)(void *arg);
    void *arg;
};

struct sup_stats {
    int restarts;    // children that were started again
    int clean_exits; // children that exited with 0
    int gave_up;     // of the N, those that failed once too often
};

// Starts all N children and returns when none of them is left. A child
//   - that exits with 0 is done;
//   - that is killed by a signal, or exits with anything else, has failed and is
//     started again at once, at most MAX_RESTARTS times for each of the N; then
//     it is given up.
//
// When STOP_FD becomes readable (bytes, or the end of the stream: POLLHUP),
// nothing is started any more: all that run get one SIGTERM, and those that still
// run GRACE_MS milliseconds after it a SIGKILL, whoever has ended meanwhile.
// Nothing is read from STOP_FD; -1 means that it never comes. Children that end
// after that moment are not failures: they count only if they exit with 0. (One
// whose end is noticed in the same moment as the stop may count as before it.)
//
// Children begin with the default handlers for all signals, and none blocked. In
// the caller, handlers and mask are as before when supervise() returns, on every
// way out; a handler of supervise()'s own leaves errno as it was. Other children
// of the caller's are not waited for, and signals go only to children that have
// not been waited for. The caller has one thread, and has not set SIGCHLD to be
// ignored.
//
// While nothing happens it sleeps. No child and no descriptor is left.
//
// Returns 0; or -errno if a child cannot be started, or something else is not to
// be had: what fork(), pipe() … said, -ENOMEM for malloc(). Then all that run are
// killed and waited for first. *ST is filled in either case.
int supervise(const struct sup_child *c, int n, int max_restarts, int stop_fd,
              long grace_ms, struct sup_stats *st);
