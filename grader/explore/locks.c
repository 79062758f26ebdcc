// SPDX-License-Identifier: MIT
#include "explore/locks.h"

#include <string.h>

#include "explore/memory.h"
#include "explore/mutex.h"
#include "explore/objects.h"
#include "explore/rwlock.h"
#include "explore/shared.h"
#include "explore/threads.h"

static bool is_blocked(struct thread *thread) {
    return !thread->done && thread->op.ready != NULL &&
           !thread->op.ready(thread, &thread->op);
}

static bool waits_for_lock(const struct thread *thread) {
    switch (thread->op.kind) {
    case OP_LOCK:
    case OP_SPIN_LOCK:
    case OP_ONCE:
    case OP_RDLOCK:
    case OP_WRLOCK:
        return true;
    default:
        return thread->op.kind == OP_WOKEN && thread->signalled;
    }
}

// Whether THREAD cannot go on before OTHER does something.
static bool waits_for(struct thread *thread, const struct thread *other) {
    if (!is_blocked(thread))
        return false;
    if (thread->op.kind == OP_JOIN)
        return thread->op.extra == other->id;
    if (!waits_for_lock(thread))
        return false;
    const struct object *lock = (struct object *)thread->op.extra;
    return lock->owner == other ||
           (thread->op.kind == OP_RDLOCK && rwlock_puts_first(lock, other)) ||
           (thread->op.kind == OP_WRLOCK && lock->reads_of != NULL &&
            lock->reads_of[other->id] > 0);
}

static bool is_timed(const struct thread *thread) {
    return thread->op.deadline != 0 && thread->op.deadline != NEVER;
}

// Depth-first, from THREAD over those it waits for, back to GOAL.
static bool reaches(struct thread *thread, const struct thread *goal,
                    bool *visited) {
    if (visited[thread->id] || is_timed(thread))
        return false;
    visited[thread->id] = true;
    for (unsigned i = 0; i < run.thread_count; i++) {
        struct thread *other = run.threads[i];
        if (!waits_for(thread, other))
            continue;
        if (other == goal || reaches(other, goal, visited))
            return true;
    }
    return false;
}

void locks_check_cycle(struct thread *thread) {
    bool visited[THREADS_MAX] = {false};
    if (reaches(thread, thread, visited))
        run_fail(RESULT_DEADLOCK, "%s", "");
}

void locks_fail_deadlock(void) {
    bool on_condition = false;
    for (unsigned i = 0; i < run.thread_count; i++) {
        struct thread *t = run.threads[i];
        if (is_blocked(t) && waits_for_lock(t))
            run_fail(RESULT_DEADLOCK, "%s", "");
        if (is_blocked(t) && t->op.kind == OP_WOKEN)
            on_condition = true;
    }
    run_fail(on_condition ? RESULT_LOST_WAKEUP : RESULT_DEADLOCK, "%s", "");
}

bool locks_may_wake(const struct thread *thread) {
    return mutex_is_free((struct object *)thread->op.extra, thread);
}

// --- For the trace -----------------------------------------------------------

static void describe_held(const struct thread *thread) {
    unsigned most = sizeof thread->held / sizeof thread->held[0];
    for (unsigned i = 0; i < thread->held_count && i < most; i++) {
        if (shared->held_count == sizeof shared->held / sizeof(struct event))
            return;
        struct event *held = &shared->held[shared->held_count++];
        *held = (struct event){.thread = (short)thread->id,
                               .kind = (unsigned char)thread->held[i].op,
                               .object = thread->held[i].object,
                               .step = thread->held[i].step,
                               .frame_thread = -1};
        memory_describe(held);
    }
}

static void describe_waiting(struct thread *thread) {
    unsigned most = sizeof shared->waiting / sizeof(struct event);
    if (shared->waiting_count == most)
        return;
    short *holders = shared->holders[shared->waiting_count];
    struct event *waiting = &shared->waiting[shared->waiting_count++];
    *waiting = (struct event){.thread = (short)thread->id,
                              .kind = (unsigned char)thread->op.kind,
                              .object = thread->op.object,
                              .other = -1,
                              .frame_thread = -1};
    waiting->depth = (unsigned char)run_stack(thread, thread->op.pc,
                                              waiting->stack, STACK_SHOWN);
    if (thread->op.kind == OP_JOIN)
        waiting->other = (short)thread->op.extra;
    memory_describe(waiting);
    memset(holders, -1, sizeof shared->holders[0]);
    unsigned count = 0;
    for (unsigned i = 0; i < run.thread_count && count < 8; i++)
        if (waits_for_lock(thread) && waits_for(thread, run.threads[i]))
            holders[count++] = (short)run.threads[i]->id;
}

void locks_describe(void) {
    shared->held_count = shared->waiting_count = 0;
    for (unsigned i = 0; i < run.thread_count; i++) {
        describe_held(run.threads[i]);
        if (is_blocked(run.threads[i]))
            describe_waiting(run.threads[i]);
    }
}
