// SPDX-License-Identifier: MIT
// A re-entrant lock: whoever owns it may lock it again, and gives it back as
// often as it was locked. Others stay out until then.
//
//  1. rl_new()
//  2. Any threads call rl_acquire(), rl_release() and rl_depth(), as often as
//     they like, also at the same time.
//  3. When nobody owns it or is inside a call any more, one thread calls
//     rl_free().
//
// The mutex that POSIX offers for this, PTHREAD_MUTEX_RECURSIVE, is not to be
// used: this is where you build it. All other locks, conditions, semaphores and
// atomic operations may be.
//
// What a thread wrote while it owned the lock is visible to the next owner.
// Who waits sleeps: a brief spin before that is fine, polling is not. Who comes
// next of several that wait is left open. A thread does not end while it owns
// the lock; when it has ended, the system may give its id to a new thread,
// which of course owns nothing.
#pragma once

typedef struct rlock rlock;

// A lock that nobody owns. NULL with errno set if memory (or whatever else it
// takes) is short: nothing is leaked then.
rlock *rl_new(void);

// Locks it. If the caller owns it already, its depth grows by one, at once, up
// to a million. Otherwise it waits until nobody owns it, but no longer than
// TIMEOUT_MS milliseconds: 0 does not wait, a negative number waits without
// limit, 86,400,000 (a day) is the most. Returns
//   0           the caller owns it now, with a depth of 1 or one more than
//               before;
//   -EBUSY      TIMEOUT_MS is 0 and another thread owns it;
//   -ETIMEDOUT  another thread still owned it when the time was up, and not
//               before.
int rl_acquire(rlock *l, long timeout_ms);

// Takes one off the depth. When it reaches 0 nobody owns the lock any more, and
// if threads wait, one of them gets it. Returns 0, or -EPERM if the caller does
// not own it: nothing has changed then.
int rl_release(rlock *l);

// How often the caller has locked it and not yet given it back; 0 if somebody
// else owns it, or nobody. Does not wait for the owner.
int rl_depth(rlock *l);

// Releases it. NULL is fine.
void rl_free(rlock *l);
