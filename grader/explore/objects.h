// SPDX-License-Identifier: MIT
// The explorer's models of locks, semaphores and the like, by address. The
// program's own object is read once, for what an initialiser put there.
#pragma once

#include <stdbool.h>

#include "explore/clock.h"
#include "explore/run.h"

enum object_kind {
    OBJECT_MUTEX,
    OBJECT_SPIN,
    OBJECT_RWLOCK,
    OBJECT_COND,
    OBJECT_SEM,
    OBJECT_BARRIER,
    OBJECT_ONCE,
    OBJECT_CHANNEL,
};

enum mutex_type { MUTEX_NORMAL, MUTEX_RECURSIVE, MUTEX_ERRORCHECK };

struct object {
    const void *address;
    struct object *next;
    enum object_kind kind;
    bool destroyed;
    struct clock clock; // what whoever acquires it comes to know

    // Mutex, spinlock, once: who has it; rwlock: who writes.
    struct thread *owner;
    unsigned depth;
    enum mutex_type type;
    bool is_robust, owner_died, is_lost;

    // Rwlock.
    struct clock readers_clock;
    unsigned readers;
    unsigned char *reads_of; // by thread
    bool prefers_writers;

    unsigned value; // semaphore

    // Barrier.
    unsigned needed, arrived, generation;
    struct clock generation_clock[2];

    int once_state; // 0 not begun, 1 running, 2 done

    // Condition variable.
    const void *mutex;
    uint64_t tickets;
    unsigned signals, lost_signals;
};

// The model of ADDRESS; NULL if it is not known yet, or was of another kind.
struct object *object_known(const void *address, enum object_kind kind);
// The same, made anew if need be. A use after its destruction is a misuse.
struct object *object_at(const void *address, enum object_kind kind);
// As pthread_*_init leaves it.
struct object *object_init(const void *address, enum object_kind kind);

// Notes that the running thread holds it, or no more.
void object_hold(struct thread *thread, const void *address, enum op_kind op,
                 unsigned step);
void object_let_go(struct thread *thread, const void *address);
