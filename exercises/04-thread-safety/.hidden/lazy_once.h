// SPDX-License-Identifier: MIT
// An object that is made when it is first wanted, once, however many threads
// want it at the same time; and that costs next to nothing to get afterwards.
//
//  1. lazy_new() with the function that makes the object.
//  2. Any number of threads call lazy_get() at any moment.
//  3. When nobody is inside any more, one thread calls lazy_free().
//
// Two of these have nothing to do with each other: their make functions may run
// at the same time, and one of them may call lazy_get() of the other.
//
// How you do it is up to you: pthreads, semaphores and <stdatomic.h> are all
// allowed. <threads.h> and atomic_thread_fence are not.
#pragma once

typedef struct lazy lazy; // yours to define

// A lazy object that MAKE(ARG) will make; it is not called yet. MAKE is not
// NULL, ARG is only handed on. NULL with errno set if memory is short; nothing
// is leaked then.
lazy *lazy_new(void *(*make)(void *), void *arg);

// The object. Who comes while there is none calls MAKE, or waits for the thread
// that does; MAKE never runs in two threads at once.
//   - If MAKE returns an object, that is it: all calls, those that waited too,
//     return it, and MAKE is never called again. Whatever MAKE wrote is visible
//     to everyone who gets the object.
//   - If MAKE returns NULL, nothing is kept, and a call that comes later calls
//     MAKE again. The call that ran it returns NULL (or the object, if another
//     thread has made it meanwhile). A call that was waiting may return NULL as
//     well, or call MAKE again itself.
// A call that waits sleeps: a brief spin before that is fine, polling is not.
// Once there is an object, a call waits for nobody and takes no lock at all:
// it makes no pthread_ and no sem_ call.
//
// MAKE may take long, may sleep, and may call lazy_get() of another lazy
// object, but not of this one. No lock of yours may keep another lazy object
// from being made meanwhile.
void *lazy_get(lazy *l);

// Frees L. If there is an object and DESTROY is not NULL, DESTROY(object) is
// called first, once. MAKE is not called. L is not NULL.
void lazy_free(lazy *l, void (*destroy)(void *));
