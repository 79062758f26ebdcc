// SPDX-License-Identifier: MIT
// What condition variables need of a mutex.
#pragma once

#include "explore/objects.h"

bool mutex_is_free(const struct object *mutex, const struct thread *thread);
// Takes a free one for the running thread; returns 0 or EOWNERDEAD.
int mutex_take(struct object *mutex, enum op_kind op, const void *pc);
// The model of MUTEX, made from its initialiser if need be.
struct object *mutex_at(const void *mutex);
// Waits for it without an event of its own.
void mutex_wait_for(struct object *mutex, const void *pc);
// Gives it back whatever the depth; returns that.
unsigned mutex_release(struct object *mutex);
// A thread ends with it.
void mutex_abandon(const void *address);

int mutex_lock(const void *mutex, int64_t deadline, const void *pc);
int mutex_trylock(const void *mutex, const void *pc);
int mutex_unlock(const void *mutex, const void *pc);
int mutex_destroy(const void *mutex, const void *pc);
