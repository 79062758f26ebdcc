// SPDX-License-Identifier: MIT
// The calls that other threads want the loop to make.
#pragma once

// From now on calls are taken, and WAKE is called for each, in the thread that
// brings it and never after lp_calls_close() has returned.
void lp_calls_open(void (*wake)(void));

// 0, -ENOMEM, or -ESHUTDOWN while none are taken.
int lp_calls_add(void (*fn)(void *), void *arg);

// On the loop's thread: makes all that have come, in their order.
void lp_calls_make(void);

// No more are taken; those that have come are still to be made.
void lp_calls_close(void);
