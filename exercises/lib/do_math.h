// SPDX-License-Identifier: MIT
// Arithmetic that keeps a CPU busy, and whose value somebody looks at: a
// compiler can leave none of it out.
//
// Terms are numbered. Term I is sqrt((I - 1e6) * (I - 1e6)), so none is below
// 0. A range (lo, hi] holds the terms lo + 1, lo + 2, …, hi: two ranges that
// meet, (a, b] and (b, c], have no term in common and leave none out.
#pragma once

// The sum of the terms lo + 1 … hi, added up in that order; 0 if hi <= lo.
// do_math(a, b) + do_math(b, c) equals do_math(a, c) but for rounding: to 1e-9
// of the value. Any LO and HI will do, up to LONG_MAX.
//
// The time it takes is proportional to hi - lo (about two nanoseconds a term),
// and a call costs a little extra. It keeps nothing between two calls, so any
// number of threads and processes may be inside at once.
double do_math(long lo, long hi);

// For tests: if it is not NULL, do_math calls it first of all, with its own
// arguments, in the calling thread. Set it while nobody is inside do_math.
extern void (*do_math_watcher)(long lo, long hi);
