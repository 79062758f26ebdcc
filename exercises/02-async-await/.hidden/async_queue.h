// SPDX-License-Identifier: MIT
// A bounded queue between the tasks of a loop (lib/lp.h): who finds it full or
// empty waits, and meanwhile the other tasks run.
//
//  1. aq_new() with a capacity.
//  2. aq_put() and aq_get() from any number of tasks.
//  3. aq_close() when no more will come; aq_get() still hands out what is in it.
//  4. aq_free() when nobody waits any more.
//
// Items come out in the order in which they were put in. They are the callers'
// pointers, and any of them will do, NULL too.
//
// Whoever began to wait first is woken first. A call that finds room, or an
// item, may take it at once, also ahead of a task that has been woken for it and
// had no turn yet; that one waits on, then, at its old place in the line or at
// the end of it.
//
// Queues are independent of each other, and all of this happens on one loop:
// only aq_new() and aq_free() may be called outside of it.
//
// Waiting is lp_park(), and nothing else: no task is made to run again and again
// while there is nothing for it. A call that does not have to wait does not give
// up its turn, and does what it is asked even if its task is cancelled.
#pragma once

#include <stddef.h>

typedef struct aqueue aqueue;

// A queue for at most CAP items at a time, or for any number if CAP is 0. NULL
// with errno set if memory is short.
aqueue *aq_new(size_t cap);

// Adds ITEM, awaiting room. 0, or
//   -EPIPE      the queue is closed, or was closed during the wait;
//   -ECANCELED  the task was cancelled during the wait;
//   -ENOMEM     memory is short.
// ITEM is in the queue if and only if the result is 0.
int aq_put(aqueue *q, void *item);

// Takes the oldest item into *ITEM, awaiting one. 0, or
//   -EPIPE      the queue is closed and empty;
//   -ECANCELED  the task was cancelled during the wait.
// If the result is not 0, nothing was taken, and *ITEM is as before. A wake-up
// that a cancelled task had already been given is not lost: whoever waits next
// is served in its place.
int aq_get(aqueue *q, void **item);

// The same without waiting: -EAGAIN where the other would wait.
int aq_put_nowait(aqueue *q, void *item);
int aq_get_nowait(aqueue *q, void **item);

// From now on nothing can be put. Wakes all who wait. Again: nothing happens.
void aq_close(aqueue *q);

// Items in the queue.
size_t aq_len(const aqueue *q);

// Frees the queue, not the items still in it. NULL is fine.
void aq_free(aqueue *q);
