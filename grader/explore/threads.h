// SPDX-License-Identifier: MIT
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

// The running thread was cancelled and is at a cancellation point.
_Noreturn void threads_cancel_self(void);
// The program's main thread, before and during main.
void threads_begin_main(void);
// Runs the program's main; ends the schedule.
_Noreturn void threads_run_main(int (*program)(int, char **), int count,
                                char **words);

int threads_create(pthread_t *handle, void *(*start)(void *), void *argument,
                   bool detached, const void *pc);
int threads_join(pthread_t handle, void **result, int64_t deadline,
                 const void *pc);
int threads_detach(pthread_t handle, const void *pc);
_Noreturn void threads_exit(void *value);
int threads_key(void (*destructor)(void *), unsigned *key);
