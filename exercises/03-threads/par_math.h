// SPDX-License-Identifier: MIT
// do_math() on several threads: the same value, sooner.
#pragma once

#include "lib/do_math.h"
#include "lib/split_range.h"

// The same value as do_math(lo, hi), to 1e-9 of it, whatever NTHREADS is; 0 if
// hi <= lo.
//
// NTHREADS threads compute it, or, if NTHREADS is 0, as many as there are CPUs
// online (sysconf(_SC_NPROCESSORS_ONLN)). The calling thread may be one of
// them; never are more than NTHREADS new threads created. NTHREADS is at most
// 1,000; it may be larger than hi - lo.
//
// Every term comes from do_math(): the threads call it for parts of the range,
// so that each term is computed exactly once. If there are 10,000 terms or more
// for each thread, NTHREADS calls of do_math() are under way at the same time.
// How the range is cut, and into how many parts, is up to you; split_range() is
// there to help. All threads together use hardly more CPU time than one call
// do_math(lo, hi) would: who has to wait for another one sleeps.
//
// It never fails. If threads cannot be created, or memory is short, the value
// is computed all the same by the threads there are, in the worst case by the
// calling one alone.
//
// Nothing is left behind: when par_math returns, every thread it created has
// ended and been joined, and no memory is held. It may be called by several
// threads at once.
double par_math(long lo, long hi, unsigned nthreads);
