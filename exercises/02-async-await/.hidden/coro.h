// SPDX-License-Identifier: MIT
// Coroutines with a stack of their own: functions that stop in the middle, also
// deep inside of other functions, and go on later as if nothing had happened.
//
//  1. coro_new() makes one. Nothing of it runs yet.
//  2. coro_resume() runs it until it yields or its function returns.
//  3. Inside, coro_yield() stops it. Repeat 2 and 3 as you like.
//  4. coro_free(), whether it has come to its end or not.
//
// Values go both ways: what coro_yield() is given comes out of the coro_resume()
// that waits for it, and what the next coro_resume() is given comes out of that
// coro_yield().
//
// A coroutine may resume others, which may resume others: who resumes waits
// until the one that it resumed yields or returns. Any number of threads may use
// coroutines at once, but each coroutine is used only by the thread that made
// it, and by the coroutines that run there. Inside of a coroutine pthread_self()
// may say something else than outside.
//
// To switch, use <ucontext.h>, or a thread for each coroutine. longjmp() is not
// allowed: no tool follows it from one stack to another.
#pragma once

#include <stddef.h>

typedef struct coro coro;
// SELF is the coroutine itself, ARG what was given to coro_new().
typedef void (*coro_fn)(coro *self, void *arg);

// A coroutine that will call fn(self, arg). Its stack has room for at least
// STACK_BYTES, and for 64 KiB if that is more. NULL with errno set if memory
// (or whatever else it takes) is short; nothing is leaked then.
coro *coro_new(coro_fn fn, void *arg, size_t stack_bytes);

// Runs C until it stops. Returns
//   1        it has yielded: *OUT is what coro_yield() was given;
//   0        its function has returned;
//   -EINVAL  C cannot be resumed: its function has returned before, or C is
//            running: it is the caller itself, or it waits for a coroutine that
//            it has resumed. Nothing has been run.
// *OUT is left alone unless 1 is returned; OUT may be NULL if nobody wants it.
// IN is what C's coro_yield() returns; the first IN of all is dropped, for there
// is no coro_yield() yet that could return it.
int coro_resume(coro *c, void *in, void **out);

// Called by the coroutine SELF, in its function or in one called from there:
// stops it and hands OUT to whoever resumed it. Returns the IN of the next
// coro_resume(). All local variables are as they were.
void *coro_yield(coro *self, void *out);

// 1 if C's function has returned, else 0.
int coro_done(const coro *c);

// Frees C and its stack: never started, suspended or over, but not running. A
// suspended one is not continued; what its function had allocated is lost. NULL
// is fine.
void coro_free(coro *c);
