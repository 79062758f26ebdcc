// SPDX-License-Identifier: MIT
// How much faster a program can become at best, before anybody writes a thread.
#pragma once

// The speedup by Amdahl's law: how many times as fast a program is if the
// fraction F of its time is spread over P processors and the rest stays as it
// is. 1 means no gain; 2 means half the time. P need not be whole.
//
// P may be INFINITY: then the result is the upper bound, whatever the machine;
// amdahl(1, INFINITY) is INFINITY. NAN if F is not within 0 … 1, if P is below
// 1, or if one of them is NAN.
double amdahl(double f, double p);

// One step of a job, in an array of them.
struct node {
    double cost;     // its duration, 0 or above
    const int *deps; // the indices of the steps that must have ended before it
                     // begins; a step may be listed twice. May be NULL if
                     // ndeps is 0.
    int ndeps;       // how many, 0 or above
};

// The two numbers that bound how fast the job g[0 .. n-1] can be done:
//
//   *work  the sum of all costs: what one processor needs;
//   *span  the cost of the dearest path, the sum of the costs along a chain of
//          steps that wait for each other: what any number of processors needs.
//
// Both are right to 1e-9 of their value. Steps may stand in any order in the
// array: a step may depend on one that comes after it. n = 0 is a job that
// takes no time.
//
// The time that it takes is proportional to the number of steps and
// dependencies, whatever their order. A million steps in one chain are no more
// of a problem than a million steps side by side.
//
// Returns
//   0        *work and *span are set;
//   -EINVAL  n is below 0, or a step depends on an index that is not within
//            0 … n-1 (whether or not there is a cycle too);
//   -ELOOP   steps wait for each other in a circle, or a step for itself;
//   -ENOMEM  there is no memory.
// After a failure *work and *span are as they were, and nothing stays
// allocated. It keeps nothing between two calls.
int work_span(const struct node *g, int n, double *work, double *span);
