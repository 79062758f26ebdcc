// SPDX-License-Identifier: MIT
// A parallel loop for work of unequal length: whoever is free takes the next
// piece.
#pragma once

// Calls body(i, ctx) exactly once for each I in [lo, hi), on up to NTHREADS
// threads, and returns when all of these calls have returned. The caller may be
// one of the threads; more than NTHREADS calls are never under way at once.
//
// The range is cut into chunks of GRAIN numbers, from LO on; the last one may be
// smaller. A chunk is done by one thread, in ascending order. It is not settled
// beforehand by which: as long as there are chunks that nobody has begun, a
// thread that is done with one takes another. So if one call takes long, only
// its own chunk has to wait for it; and if there are enough chunks, NTHREADS
// calls are under way at once.
//
// BODY may call par_for() itself, and several threads may call par_for() at the
// same time: these loops have nothing to do with each other. What the caller
// wrote before is visible to all the calls, and what they wrote is visible to
// the caller afterwards. When par_for() returns, its threads are gone.
//
// LO and HI may be anything from LONG_MIN to LONG_MAX, GRAIN anything from 1 on.
// NTHREADS is at most 1,000; more threads than there are chunks need not be
// made.
//
// Returns
//   0        everything is done. If threads cannot be created, those that could
//            do all of it, the caller alone if there are none: that is no error;
//   -EINVAL  hi < lo, grain < 1, nthreads < 1, or body is NULL;
//   -ENOMEM  memory is short. (To go on without it is fine, too.)
// After an error BODY has not been called.
int par_for(long lo, long hi, long grain, unsigned nthreads,
            void (*body)(long i, void *ctx), void *ctx);
