// SPDX-License-Identifier: MIT
// Workers: threads that can be waited for with a time limit, asked whether they
// still run, and waited for all together with one deadline.
//
//  1. worker_start() a worker: fn(arg) runs in a new thread.
//  2. Any threads call worker_join(), worker_alive() and join_all() on it, as
//     often as they like, also at the same time.
//  3. When nobody is inside one of these any more, one thread calls
//     worker_free(), also if the worker still runs.
//
// A worker has *finished* when fn has returned. Everything that fn wrote is
// visible to whoever has learned that it has finished: from worker_join(),
// which returned 0, from worker_alive(), which returned 0, or from join_all(),
// which returned N. A call may find out a moment late that a worker has
// finished. But once one of them has told that it has, all later ones do; a
// call that looks while another one is looking may still be that moment late.
//
// A call that waits sleeps: a brief spin before that is fine, polling is not.
// It wakes up when the worker finishes, and not only when its time is up. That
// something else wakes it, a signal perhaps, or nothing at all, does not end
// the wait and does not start its time again.
#pragma once

#include <stddef.h>

typedef struct worker worker;

// Starts a new thread that calls fn(arg) once, and returns without waiting for
// it. NULL with errno set if there is no thread, memory or descriptor for it:
// fn is not called then, and nothing is leaked. ARG is the caller's.
worker *worker_start(void (*fn)(void *arg), void *arg);

// Waits until W has finished, but no longer than TIMEOUT_MS milliseconds from
// the call on: 0 does not wait, 86,400,000 (a day) is the most, and any
// negative number means without limit. Returns
//   0           W has finished: every time, from every thread, however short
//               the time (but see above);
//   -ETIMEDOUT  W still ran when the time was up, and not before.
// fn itself does not call it for its own worker.
int worker_join(worker *w, long timeout_ms);

// 1 while W runs, 0 when it has finished, whether anybody has joined it or not.
// Does not wait, even if others wait in worker_join() just now.
int worker_alive(worker *w);

// Waits until all of the N workers have finished, but no longer than
// TIMEOUT_MS in all, with the same meaning as for worker_join(): one deadline,
// however many there are. Returns how many of them have finished when it
// returns; N if it did not have to give up. N may be 0, and W NULL then. No
// worker is in the array twice.
size_t join_all(worker *const *w, size_t n, long timeout_ms);

// Waits until W has finished, and until its thread has ended (joins it, once);
// releases everything. Nobody else is inside a call with W or will be. fn does
// not call it for its own worker.
void worker_free(worker *w);
