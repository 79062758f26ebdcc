// SPDX-License-Identifier: MIT
// Stacks to run tasks on, and the switch between them, announced to
// AddressSanitizer, ThreadSanitizer and valgrind.
//
// There is one loop side (the stack that fibre_enter() is called on) and any
// number of fibres; a fibre is always left to the loop side.
#pragma once

#include <stddef.h>

struct fibre;

// A fibre that will run fn(arg); FN must not return, it calls fibre_end(). NULL
// if memory is short.
struct fibre *fibre_new(void (*fn)(void *), void *arg);

// On the loop side: goes on with FIBRE until it leaves.
void fibre_enter(struct fibre *fibre);

// On FIBRE: goes back to the loop side. Returns at the next fibre_enter().
void fibre_leave(struct fibre *fibre);

// On FIBRE: leaves for good.
_Noreturn void fibre_end(struct fibre *fibre);

// On the loop side, for a fibre that has ended or never begun.
void fibre_free(struct fibre *fibre);

// Gives back the stacks that were kept for later.
void fibre_forget_stacks(void);
