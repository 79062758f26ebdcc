// SPDX-License-Identifier: MIT
// Times a piece of work, and says whether it computes or waits.
//
//  1. do_math() is the work: arithmetic whose value is really computed.
//  2. bench_run() runs such a function some times and times each run.
//  3. classify() reads the two times: was the processor busy, or idle?
#pragma once

// The sum of the terms number lo + 1, lo + 2, …, hi. Term number I is
//
//     sqrt((I - 1e6) * (I - 1e6))
//
// 0 if hi <= lo. The value is right to 1e-9 of it, so that
// do_math(a, b) + do_math(b, c) is do_math(a, c), also beyond term number 2^24,
// where a float cannot count any further. LO and HI are at most 2^50, and at
// least -2^50; hi - lo is at most 10,000,000.
//
// Every term is evaluated when the function is called: the time that a call
// takes grows with hi - lo. (A formula for the sum would be quicker. But the
// point of this function is to keep a processor busy.)
double do_math(long lo, long hi);

// What one run took, in seconds.
struct bench {
    double wall_s; // of time passed, whoever used the processors
    double cpu_s;  // of processor time that this process used: all its threads,
                   // in the program (user) and in the kernel (system)
    double result; // what the function returned
};

// Calls fn(lo, hi) exactly REPS times, one after the other, and describes the
// fastest of these runs: *out holds the wall time, the CPU time and the result
// of that one call which took the least wall time.
//
// Both times are right to two microseconds, for runs from nothing to days.
// Setting the machine's time of day, forwards or backwards, while fn runs
// changes nothing.
//
// Clocks are read by functions of the C library (clock_gettime, getrusage …):
// the tests put clocks of their own in their place.
//
// Returns 0, or -EINVAL if reps < 1: fn is not called then, and *out is
// untouched.
int bench_run(double (*fn)(long, long), long lo, long hi, int reps,
              struct bench *out);

enum boundness {
    CPU_BOUND, // it computes: a faster processor, or several, would help
    WAIT_BOUND // it waits: doing something else meanwhile would help
};

// CPU_BOUND if the CPU time is at least half of the wall time, else WAIT_BOUND.
// b->wall_s is above 0. With several threads, b->cpu_s may be the larger one.
enum boundness classify(const struct bench *b);
