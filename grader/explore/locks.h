// SPDX-License-Identifier: MIT
// Who holds what, who waits for whom: questions that the scheduler has about
// the modelled locks, condition variables, semaphores and joins.
#pragma once

#include <stdbool.h>

#include "explore/run.h"

// Ends the schedule if THREAD, which has to wait, closes a circle of threads
// that wait for each other.
void locks_check_cycle(struct thread *thread);
// Nobody can go on: says whether it is a deadlock or a lost wake-up.
_Noreturn void locks_fail_deadlock(void);
// Whether a waiting thread could get its mutex if it woke now.
bool locks_may_wake(const struct thread *thread);
// Writes what is held and what is waited for to `shared`.
void locks_describe(void);
