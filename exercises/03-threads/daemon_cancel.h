// SPDX-License-Identifier: MIT
// A thread in the background that can be asked to stop: it hears of it also
// while it sleeps, and ends by itself, in good order.
//
//  1. bg_start() a job: fn(self, arg) runs in a new thread.
//  2. In it, fn asks bg_cancelled() from time to time, and sleeps with
//     bg_sleep(). Any threads call bg_cancel().
//  3. One thread, once, calls bg_stop(), which gets fn's result and releases
//     everything. Nobody else is inside a call with it then or will be, except
//     for fn.
//
// A cancelled job stays cancelled. Nobody stops it from outside: when it has
// heard that it should end, fn gives back what it has and returns. What a thread
// wrote before it called bg_cancel() is visible to fn as soon as fn has heard of
// it, and what fn wrote is visible to whoever called bg_stop(), afterwards.
#pragma once

typedef struct bg bg;
// SELF is what bg_start() returns. The result is for bg_stop().
typedef int (*bg_fn)(bg *self, void *arg);

// Starts a new thread that calls fn(self, arg), and returns without waiting for
// it. NULL with errno set if there is no thread, memory or descriptor for it:
// fn is not called then, and nothing is leaked.
bg *bg_start(bg_fn fn, void *arg);

// 1 if B has been cancelled, else 0. Never waits. Any thread may ask.
int bg_cancelled(bg *b);

// Called by fn: sleeps for MS milliseconds, at most 86,400,000 (a day), and
// returns 0 then, not before; 0 or less is no sleep. Returns -ECANCELED at once
// if the job has been cancelled already, and as soon as it is cancelled. A thread
// that sleeps uses no processor time: it is woken, it does not look. That it is
// woken for no reason ends nothing, and does not begin the time anew.
int bg_sleep(bg *self, long ms);

// Asks the job to end. By any thread, fn's too, any number of times, also when
// fn has returned already. Does not wait for it.
void bg_cancel(bg *b);

// Cancels the job, waits until its thread has ended, and releases everything.
// *EXIT_CODE becomes what fn returned, unless EXIT_CODE is NULL. Returns 0. Not
// called by fn itself.
int bg_stop(bg *b, int *exit_code);
