// SPDX-License-Identifier: MIT
#include "explore/cond.h"

#include <errno.h>
#include <pthread.h>

#include "explore/memory.h"
#include "explore/mutex.h"
#include "explore/real.h"
#include "explore/threads.h"
#include "explore/timing.h"

static bool is_woken(struct thread *thread, const struct op *op) {
    return thread->signalled &&
           mutex_is_free((struct object *)op->extra, thread);
}

static bool waits_on(const struct thread *thread, const struct object *cond) {
    return !thread->done && thread->waits_on == cond->address &&
           !thread->signalled;
}

static void check_use(struct object *cond, const struct object *mutex) {
    bool others = false;
    for (unsigned i = 0; i < run.thread_count; i++)
        others = others || waits_on(run.threads[i], cond);
    if (mutex->owner != run_self())
        run_misuse("wait-without-mutex");
    else if (others && cond->mutex != mutex->address)
        run_misuse("wait-two-mutexes");
    cond->mutex = mutex->address;
}

static enum wake sleep_until_woken(struct object *cond, struct object *mutex,
                                   int64_t deadline, const void *pc) {
    struct thread *me = run_self();
    me->signalled = false;
    me->waits_on = cond->address;
    me->wait_ticket = ++cond->tickets;
    enum wake wake = run_point(&(struct op){.kind = OP_WOKEN,
                                            .object = cond->address,
                                            .pc = pc,
                                            .ready = is_woken,
                                            .deadline = deadline,
                                            .extra = (uintptr_t)mutex,
                                            .is_cancellation_point = true,
                                            .may_wake_early = true});
    if (me->signalled)
        wake = wake == WAKE_CANCEL ? WAKE_CANCEL : WAKE_READY;
    me->waits_on = NULL;
    return wake;
}

int cond_wait(const void *address, const void *mutex_address, int64_t deadline,
              const void *pc) {
    memory_check(address, 1, pc);
    struct object *cond = object_at(address, OBJECT_COND);
    struct object *mutex = mutex_at(mutex_address);
    run_uses(USES_CONDITIONS);
    if (deadline != NEVER)
        run_uses(USES_TIME);
    run_step(OP_WAIT, address, pc);
    run_event(OP_WAIT, address, pc);
    check_use(cond, mutex);
    run_progress(run_self(), address, OP_WAIT, false);
    unsigned depth = mutex_release(mutex);
    enum wake wake = sleep_until_woken(cond, mutex, deadline, pc);
    mutex_wait_for(mutex, pc);
    struct event *event = run_event(OP_WOKEN, address, pc);
    event->note = wake == WAKE_TIMEOUT    ? NOTE_TIMEOUT
                  : wake == WAKE_SPURIOUS ? NOTE_SPURIOUS
                                          : NOTE_NONE;
    event->result = wake == WAKE_TIMEOUT ? ETIMEDOUT : 0;
    struct thread *me = run_self();
    mutex->owner = me;
    mutex->depth = depth;
    clock_join(&me->clock, &mutex->clock);
    object_hold(me, mutex->address, OP_LOCK, event->step);
    run_progress(me, address, OP_WOKEN, false);
    if (wake == WAKE_CANCEL)
        threads_cancel_self();
    return event->result;
}

static void wake_one(struct thread *thread) {
    thread->signalled = true;
    thread->op.deadline = NEVER;
    thread->op.may_wake_early = false;
}

int cond_signal(const void *address, const void *pc) {
    memory_check(address, 1, pc);
    struct object *cond = object_at(address, OBJECT_COND);
    run_step(OP_SIGNAL, address, pc);
    struct event *event = run_event(OP_SIGNAL, address, pc);
    struct thread *waiters[THREADS_MAX];
    unsigned count = 0;
    for (unsigned i = 0; i < run.thread_count; i++)
        if (waits_on(run.threads[i], cond))
            waiters[count++] = run.threads[i];
    cond->signals++;
    if (count == 0) {
        cond->lost_signals++;
        event->note = NOTE_LOST;
        run_progress(run_self(), address, OP_SIGNAL, false);
        return 0;
    }
    // The one that has waited longest first.
    for (unsigned i = 1; i < count; i++)
        for (unsigned j = i;
             j > 0 && waiters[j]->wait_ticket < waiters[j - 1]->wait_ticket;
             j--) {
            struct thread *t = waiters[j];
            waiters[j] = waiters[j - 1];
            waiters[j - 1] = t;
        }
    struct thread *woken = waiters[run_choose(count, false)];
    wake_one(woken);
    event->note = NOTE_WOKEN;
    event->other = (short)woken->id;
    run_progress(run_self(), address, run.steps, true);
    return 0;
}

int cond_broadcast(const void *address, const void *pc) {
    memory_check(address, 1, pc);
    struct object *cond = object_at(address, OBJECT_COND);
    run_step(OP_BROADCAST, address, pc);
    struct event *event = run_event(OP_BROADCAST, address, pc);
    unsigned count = 0;
    for (unsigned i = 0; i < run.thread_count; i++) {
        if (waits_on(run.threads[i], cond)) {
            wake_one(run.threads[i]);
            event->other = (short)run.threads[i]->id;
            count++;
        }
    }
    cond->signals++;
    cond->lost_signals += count == 0;
    event->note = count == 0 ? NOTE_LOST : NOTE_WOKEN;
    event->value = count;
    event->has_value = true;
    run_progress(run_self(), address, count == 0 ? 0 : run.steps, count > 0);
    return 0;
}

int cond_destroy(const void *address, const void *pc) {
    struct object *cond = object_at(address, OBJECT_COND);
    run_step(OP_DESTROY, address, pc);
    run_event(OP_DESTROY, address, pc);
    for (unsigned i = 0; i < run.thread_count; i++)
        if (waits_on(run.threads[i], cond))
            run_misuse("destroy-waited");
    cond->destroyed = true;
    return 0;
}

// --- pthread_cond_* ----------------------------------------------------------

static clockid_t clock_of(const pthread_cond_t *cond) {
    // Bit 1 of the flags is where glibc keeps the clock of the attributes.
    return cond->__data.__wrefs & 2 ? CLOCK_MONOTONIC : CLOCK_REALTIME;
}

int ex_pthread_cond_init(pthread_cond_t *cond,
                         const pthread_condattr_t *attributes) {
    int result = pthread_cond_init(cond, attributes);
    if (run.active && result == 0) {
        memory_check(cond, sizeof *cond, PC);
        run_event(OP_INIT, cond, PC);
        object_init(cond, OBJECT_COND);
    }
    return result;
}

int ex_pthread_cond_destroy(pthread_cond_t *cond) {
    REAL_UNLESS_ACTIVE(pthread_cond_destroy(cond));
    return cond_destroy(cond, PC);
}

int ex_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex) {
    REAL_UNLESS_ACTIVE(pthread_cond_wait(cond, mutex));
    return cond_wait(cond, mutex, NEVER, PC);
}

int ex_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                              const struct timespec *until) {
    REAL_UNLESS_ACTIVE(pthread_cond_timedwait(cond, mutex, until));
    if (!time_is_valid(until))
        return EINVAL;
    return cond_wait(cond, mutex, time_of(clock_of(cond), until), PC);
}

int ex_pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                              clockid_t clock, const struct timespec *until) {
    REAL_UNLESS_ACTIVE(pthread_cond_clockwait(cond, mutex, clock, until));
    if (!time_is_valid(until))
        return EINVAL;
    return cond_wait(cond, mutex, time_of(clock, until), PC);
}

int ex_pthread_cond_signal(pthread_cond_t *cond) {
    REAL_UNLESS_ACTIVE(pthread_cond_signal(cond));
    return cond_signal(cond, PC);
}

int ex_pthread_cond_broadcast(pthread_cond_t *cond) {
    REAL_UNLESS_ACTIVE(pthread_cond_broadcast(cond));
    return cond_broadcast(cond, PC);
}
