// SPDX-License-Identifier: MIT
// Counters that many threads use at the same time, such as those of a web
// server: a number of hits for each key, the largest hit of all, and a way to
// take something out of a counter if there is enough in it.
//
// hits_add, hits_get, hits_max and hits_take may be called by any number of
// threads at any moment. hits_new returns before anyone uses the counters, and
// hits_free is called once nobody uses them any more.
//
// Each counter, and the maximum, changes in one single moment: no addition is
// lost, whoever asks sees a value that the counter really had, and a take sees
// and changes it without anybody coming in between. Two counters, or a counter
// and the maximum, need not change at the same moment as each other.
//
// How you do it is up to you: pthreads, semaphores and <stdatomic.h> are all
// allowed. <threads.h> and atomic_thread_fence are not.
#pragma once

typedef struct hits hits; // yours to define

// NKEYS counters, numbered 0 to NKEYS - 1, all 0, NKEYS >= 1. Two of these have
// nothing to do with each other. NULL with errno set to ENOMEM if memory is
// short; nothing is left allocated then.
hits *hits_new(unsigned nkeys);

// In all that follows the caller sees to it that KEY is below NKEYS and that no
// counter ever has to hold more than fits in an unsigned long.

// Adds N to counter KEY. If N is larger than every N before, to whatever key,
// it is the new maximum. When the call returns, both have happened.
void hits_add(hits *h, unsigned key, unsigned long n);

// What counter KEY holds.
unsigned long hits_get(hits *h, unsigned key);

// The largest N that was ever given to hits_add, not the largest counter; 0 if
// there was none. Taking something out does not change it.
unsigned long hits_max(hits *h);

// If counter KEY holds N or more, subtracts N and returns 1. Otherwise changes
// nothing and returns 0. Does not wait for the counter to grow.
int hits_take(hits *h, unsigned key, unsigned long n);

// Frees the counters and everything that belongs to them. H is not NULL.
void hits_free(hits *h);
