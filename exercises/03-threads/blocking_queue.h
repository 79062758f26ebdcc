// SPDX-License-Identifier: MIT
// A bounded queue between threads: producers put, consumers get, whoever comes
// too early sleeps, and closing it ends the work.
//
//  1. bq_new() a queue; hand it to any number of threads.
//  2. They call bq_put(), bq_get(), bq_get_timed(), bq_len() as they like.
//  3. Anybody calls bq_close() when no more items will come.
//  4. When nobody is inside any more, one thread calls bq_free().
//
// Items are the caller's: any pointer, NULL too. The queue hands them on and
// never looks at what they point to. Everything that a thread wrote before it
// put an item is visible to the thread that gets it.
//
// A call that waits sleeps: a brief spin before that is fine, polling is not.
#pragma once

#include <stddef.h>

typedef struct bqueue bqueue;

// An empty, open queue that holds at most CAP items, from 1 to 1,000,000. NULL
// with errno set if memory is short; nothing is leaked then.
bqueue *bq_new(size_t cap);

// Appends ITEM. Waits while the queue is full. Returns
//   0       ITEM is in the queue, and some bq_get() will hand it out;
//   -EPIPE  the queue is closed, or was closed while this call waited: ITEM is
//           not in it.
int bq_put(bqueue *q, void *item);

// Takes out the oldest item. Waits while the queue is empty and open. Returns
//   0       *ITEM is the item;
//   -EPIPE  the queue is closed and holds nothing: *ITEM is left as it was.
// A closed queue still hands out what is in it.
int bq_get(bqueue *q, void **item);

// The same, but waits at most TIMEOUT_MS milliseconds: from 0, which does not
// wait at all, to 86,400,000, a day. Returns what bq_get() returns, or
//   -ETIMEDOUT  the queue stayed empty and open all that time: *ITEM is left
//               as it was.
// An item that is there is handed out, however short the time. The time counts
// from the call on; a wake-up that brings no item does not start it again.
int bq_get_timed(bqueue *q, void **item, long timeout_ms);

// Closes the queue: nothing can be put any more, and every call that waits in
// it, in bq_put() as in bq_get(), wakes up and returns. Does not wait. Closing
// a closed queue does nothing.
void bq_close(bqueue *q);

// How many items are in the queue now: never more than CAP.
size_t bq_len(bqueue *q);

// Frees the queue, closed or open. Nobody is inside it or will be. Items still
// in it are not touched.
void bq_free(bqueue *q);
