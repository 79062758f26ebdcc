// SPDX-License-Identifier: MIT
// A pool of worker processes: jobs are handed in, and their results are fetched
// with a ticket, in any order.
#pragma once

#include <stddef.h>

// The most that a job takes and gives, in bytes.
#define PP_MAX 65536

// A job. It reads the N bytes at IN (N may be 0), writes at most *OUT_LEN bytes
// to OUT, which on entry is PP_MAX, and sets *OUT_LEN to how many it wrote.
// What it returns, a number >= 0, is passed on to whoever fetches the result.
//
// A job runs in a worker, never in the caller's process. It may last as long as
// it likes, print, change variables (of the worker's), die of a signal, leave
// by _exit(), or make a pool of its own and free it again.
typedef int (*job_fn)(const void *in, size_t n, void *out, size_t *out_len);

typedef struct ppool ppool;

// Makes a pool in which at most NPROCS >= 1 jobs run at the same time, each in
// a child process of the caller's. Whether a worker runs many jobs, one after
// another, or one only, is not laid down; nor is whether it is started here or
// when there is something to do. The NJOBS >= 1 functions at JOBS are known
// by their index; the array need not outlive the call.
//
// A worker starts with the memory that the caller had at some moment between
// pp_new and the start of the job. What the caller has open stays open in it.
// Functions that the caller gave to atexit(), and text that waits in its stdio
// buffers, are none of the worker's business.
//
// Returns NULL and sets errno: EINVAL for a number below 1; EAGAIN, EMFILE,
// ENOMEM … if the system refused something. Nothing is left then: no child, no
// descriptor, no mapping.
ppool *pp_new(int nprocs, const job_fn *jobs, int njobs);

// Hands in job number JOB with a copy of the N bytes at IN (IN may be NULL if N
// is 0). It never waits for a job to end or for a result to be fetched, however
// many have been handed in: those for whom no worker is free wait their turn.
//
// As long as jobs wait their turn no worker is idle: the next one that is free
// takes the oldest of them, whatever the others are busy with. If the pool has
// no thread of its own to see to that, it may happen only while the caller is
// in pp_get or pp_join; but a job for which a worker is free sets out at once.
//
// Returns the job's ticket, a number >= 0 that the pool gives out once only; or
//   -ESHUTDOWN  after pp_close or pp_terminate;
//   -EINVAL     there is no such JOB;
//   -EMSGSIZE   N is more than PP_MAX;
//   -EAGAIN, -ENOMEM …  the system refused something. The job will not run.
long pp_apply_async(ppool *p, int job, const void *in, size_t n);

// Waits for the job with TICKET, and fetches its result: up to *OUT_LEN bytes
// into OUT; *OUT_LEN becomes their number. OUT may be NULL if *OUT_LEN is 0.
// Tickets may be fetched in any order; results that nobody fetches yet are
// kept, however many. TIMEOUT_MS is the longest that the whole call may wait,
// however much happens to other tickets meanwhile: 0 does not wait, -1 waits
// without limit.
//
// Returns what the job returned; or
//   -ECHILD     the worker died in this job, or left by itself. This job
//               fails, and it is not run again. Every other one is as if
//               nothing had happened, and the pool goes on with NPROCS workers.
//               (A job that is handed to a worker which somebody has killed
//               while it was idle may be given up in the same way, or run by
//               another.)
//   -ECANCELED  pp_terminate came before it had ended;
//   -EAGAIN, -ENOMEM …  no worker could be started for it, or no memory was to
//               be had for its result;
//   -ETIMEDOUT  it has not ended in that time;
//   -EMSGSIZE   the result has more than *OUT_LEN bytes; *OUT_LEN becomes the
//               number that it has;
//   -EINVAL     there is no such ticket, or it has been used up.
// A ticket is used up by any answer other than the last three.
int pp_get(ppool *p, long ticket, void *out, size_t *out_len, long timeout_ms);

// From now on no job is taken. Those that were go on. A second call does
// nothing.
void pp_close(ppool *p);

// Waits until all jobs have ended, also those that nobody has fetched, and
// until all workers have ended and have been reaped. Their results can be
// fetched afterwards. Returns 0; or -EBUSY, at once, if the pool is not closed.
int pp_join(ppool *p);

// Ends all workers at once, whatever they are doing and whatever signals they
// ignore, and reaps them. Nothing is taken any more. A ticket whose job had not
// ended gives -ECANCELED; one whose job had, and was not fetched, gives that or
// its result. pp_join returns 0 from now on.
void pp_terminate(ppool *p);

// Gives everything back; a pool whose workers still run is terminated first.
// NULL is allowed. No child, zombie, thread, descriptor or mapping is left.
void pp_free(ppool *p);

// For all of them: one thread at a time calls these functions. There may be
// several pools at once, and they do not disturb each other: one may be closed
// and joined while another goes on.
//
// The pool waits for its own children only, and sends signals to nobody else:
// the caller may have other children. When a function returns, the caller's
// handlers and signal mask are as they were. A worker that dies does not end
// the caller (SIGPIPE).
//
// Whoever waits sleeps, the caller as well as a worker that is idle: it looks
// again at most about once a millisecond. Any call may be interrupted by a
// signal (EINTR); reads and writes may move fewer bytes than asked for.
