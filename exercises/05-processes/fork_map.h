// SPDX-License-Identifier: MIT
// A function over parts of a range, each in a child process of its own.
#pragma once

#include "lib/split_range.h"

// Computes something for the range [lo, hi). Runs in a child process: it sees
// the caller's memory as it was at the fork, and whatever it changes is lost
// with the child.
//   0         all went well, and *out is the result;
//   1 … 125   its own code for a failure. *out may hold anything then.
// It may also never return: the child can crash, be killed, or wait for ever.
// It does not call exit() or the like, and it does not use stdio.
typedef int (*map_fn)(long lo, long hi, void *ctx, double *out);

// Cuts [lo, hi) with split_range() into NPROCS parts, and forks one child for
// each. The child of part I calls fn(part.lo, part.hi, ctx, …) exactly once,
// an empty part's too: NPROCS may be larger than hi - lo, and lo == hi is fine.
// All children run at once: none is waited for before the last one is started.
//
// When fork_map returns, PARTIAL and STATUS, arrays of NPROCS, tell of part I:
//   status[i] == 0   FN returned 0;          partial[i] is its *out
//   status[i] > 0    FN returned that code;  partial[i] is 0
//   status[i] < 0    the child was ended by signal number -status[i] (SIGSEGV,
//                    SIGKILL …);             partial[i] is 0
// They are the caller's memory, ordinary and not shared: the children's copies
// are of no use to the parent.
//
// Returns
//   0 … NPROCS  that many children failed (status[i] != 0);
//   -EINVAL     nprocs < 1 or hi < lo: nothing was started, and nothing was
//               written;
//   -errno      not all children could be started: what fork(), pipe(), mmap()
//               … said, -ENOMEM for malloc(). The children already started
//               are not waited for: they are killed with SIGKILL, whatever FN
//               is doing. PARTIAL and STATUS may hold anything.
// In every case all children are gone and reaped afterwards, no zombie is
// left, and no descriptor or memory of fork_map's is either.
//
// A child leaves by _exit(): nothing that belongs to the end of the caller's
// program happens in it. No function registered with atexit() runs, and text
// that waits in a stdio buffer of the caller comes out once, not once for each
// child.
//
// Any call may be interrupted by a signal (EINTR), and a read may bring fewer
// bytes than it was asked for. The caller has one thread, leaves SIGCHLD alone
// and has no other children.
int fork_map(map_fn fn, void *ctx, long lo, long hi, int nprocs,
             double *partial, int *status);
