// SPDX-License-Identifier: MIT
// Stacks to run tasks on, and the switch between them, announced to
// AddressSanitizer, ThreadSanitizer and valgrind.
//
// There is one loop side (the stack that lp_fibre_enter() is called on) and any
// number of fibres; a fibre is always left to the loop side.
#pragma once

#include <stddef.h>

struct lp_fibre;

// A fibre that will run fn(arg); FN must not return, it calls lp_fibre_end().
// NULL if memory is short.
struct lp_fibre *lp_fibre_new(void (*fn)(void *), void *arg);

// On the loop side: goes on with FIBRE until it leaves.
void lp_fibre_enter(struct lp_fibre *fibre);

// On FIBRE: goes back to the loop side. Returns at the next lp_fibre_enter().
void lp_fibre_leave(struct lp_fibre *fibre);

// On FIBRE: leaves for good.
_Noreturn void lp_fibre_end(struct lp_fibre *fibre);

// On the loop side, for a fibre that has ended or never begun.
void lp_fibre_free(struct lp_fibre *fibre);

// Gives back the stacks that were kept for later.
void lp_fibre_forget_stacks(void);
