// SPDX-License-Identifier: MIT
#include "explore/mutex.h"

#include <errno.h>
#include <pthread.h>

#include "explore/memory.h"
#include "explore/real.h"
#include "explore/timing.h"

static void read_initialiser(struct object *o, const pthread_mutex_t *mutex) {
    int kind = mutex->__data.__kind;
    o->type = (kind & 3) == PTHREAD_MUTEX_RECURSIVE_NP    ? MUTEX_RECURSIVE
              : (kind & 3) == PTHREAD_MUTEX_ERRORCHECK_NP ? MUTEX_ERRORCHECK
                                                          : MUTEX_NORMAL;
    o->is_robust = (kind & 16) != 0;
}

struct object *mutex_at(const void *mutex) {
    if (object_known(mutex, OBJECT_MUTEX) == NULL)
        read_initialiser(object_init(mutex, OBJECT_MUTEX), mutex);
    return object_at(mutex, OBJECT_MUTEX);
}

bool mutex_is_free(const struct object *mutex, const struct thread *thread) {
    return mutex->owner == NULL ||
           (mutex->owner == thread && mutex->type == MUTEX_RECURSIVE);
}

static bool is_possible(struct thread *thread, const struct op *op) {
    return mutex_is_free((struct object *)op->extra, thread);
}

int mutex_take(struct object *mutex, enum op_kind op, const void *pc) {
    struct thread *me = run_self();
    struct event *event = run_event(op, mutex->address, pc);
    mutex->depth++;
    if (mutex->owner == NULL) {
        mutex->owner = me;
        clock_join(&me->clock, &mutex->clock);
        object_hold(me, mutex->address, op == OP_WOKEN ? OP_LOCK : op,
                    event->step);
    }
    run_progress(me, mutex->address, op, false);
    if (mutex->owner_died) {
        mutex->owner_died = false;
        mutex->is_lost = true; // unless pthread_mutex_consistent is called
        event->result = EOWNERDEAD;
        return EOWNERDEAD;
    }
    return 0;
}

void mutex_wait_for(struct object *mutex, const void *pc) {
    if (mutex_is_free(mutex, run_self()))
        return;
    run_point(&(struct op){.kind = OP_LOCK,
                           .object = mutex->address,
                           .pc = pc,
                           .ready = is_possible,
                           .extra = (uintptr_t)mutex});
}

int mutex_lock(const void *address, int64_t deadline, const void *pc) {
    struct thread *me = run_self();
    memory_check(address, 1, pc);
    struct object *mutex = mutex_at(address);
    if (mutex->owner == me && mutex->type == MUTEX_ERRORCHECK)
        return EDEADLK;
    if (deadline != NEVER)
        run_uses(USES_TIME | USES_TRYLOCK);
    enum wake wake = run_point(&(struct op){.kind = OP_LOCK,
                                            .object = address,
                                            .pc = pc,
                                            .ready = is_possible,
                                            .deadline = deadline,
                                            .extra = (uintptr_t)mutex});
    if (wake == WAKE_TIMEOUT && !mutex_is_free(mutex, me)) {
        struct event *event = run_event(OP_LOCK, address, pc);
        event->note = NOTE_TIMEOUT;
        event->result = ETIMEDOUT;
        run_progress(me, address, ETIMEDOUT, false);
        return ETIMEDOUT;
    }
    if (mutex->is_robust && mutex->is_lost && mutex->owner != me)
        return ENOTRECOVERABLE;
    return mutex_take(mutex, OP_LOCK, pc);
}

int mutex_trylock(const void *address, const void *pc) {
    struct thread *me = run_self();
    memory_check(address, 1, pc);
    struct object *mutex = mutex_at(address);
    run_uses(USES_TRYLOCK);
    run_step(OP_TRYLOCK, address, pc);
    if (mutex_is_free(mutex, me))
        return mutex_take(mutex, OP_TRYLOCK, pc);
    run_event(OP_TRYLOCK, address, pc)->result = EBUSY;
    run_progress(me, address, EBUSY, false);
    return EBUSY;
}

unsigned mutex_release(struct object *mutex) {
    struct thread *me = run_self();
    unsigned depth = mutex->depth;
    clock_copy(&mutex->clock, &me->clock);
    run_tick(me);
    if (mutex->owner != NULL)
        object_let_go(mutex->owner, mutex->address);
    mutex->owner = NULL;
    mutex->depth = 0;
    return depth;
}

int mutex_unlock(const void *address, const void *pc) {
    struct thread *me = run_self();
    memory_check(address, 1, pc);
    struct object *mutex = mutex_at(address);
    run_step(OP_UNLOCK, address, pc);
    struct event *event = run_event(OP_UNLOCK, address, pc);
    if (mutex->owner != me) {
        if (mutex->type != MUTEX_NORMAL || mutex->is_robust)
            return event->result = EPERM;
        run_misuse(mutex->owner ? "unlock-not-owner" : "unlock-not-locked");
        if (mutex->owner == NULL)
            return 0;
    }
    run_progress(me, address, OP_UNLOCK, false);
    if (mutex->depth > 1)
        mutex->depth--;
    else
        mutex_release(mutex);
    return 0;
}

void mutex_abandon(const void *address) {
    struct object *mutex = object_known(address, OBJECT_MUTEX);
    if (mutex != NULL && mutex->is_robust) {
        mutex_release(mutex);
        mutex->owner_died = true;
    } else {
        run_misuse("end-holding");
    }
}

int mutex_destroy(const void *address, const void *pc) {
    memory_check(address, 1, pc);
    struct object *mutex = mutex_at(address);
    run_step(OP_DESTROY, address, pc);
    run_event(OP_DESTROY, address, pc);
    if (mutex->owner != NULL) {
        run_misuse("destroy-locked");
        return EBUSY;
    }
    mutex->destroyed = true;
    return 0;
}

// --- pthread_mutex_* ---------------------------------------------------------

int ex_pthread_mutex_init(pthread_mutex_t *mutex,
                          const pthread_mutexattr_t *attributes) {
    int result = pthread_mutex_init(mutex, attributes);
    if (run.active && result == 0) {
        memory_check(mutex, sizeof *mutex, PC);
        run_event(OP_INIT, mutex, PC);
        read_initialiser(object_init(mutex, OBJECT_MUTEX), mutex);
    }
    return result;
}

int ex_pthread_mutex_destroy(pthread_mutex_t *mutex) {
    REAL_UNLESS_ACTIVE(pthread_mutex_destroy(mutex));
    return mutex_destroy(mutex, PC);
}

int ex_pthread_mutex_lock(pthread_mutex_t *mutex) {
    REAL_UNLESS_ACTIVE(pthread_mutex_lock(mutex));
    return mutex_lock(mutex, NEVER, PC);
}

int ex_pthread_mutex_trylock(pthread_mutex_t *mutex) {
    REAL_UNLESS_ACTIVE(pthread_mutex_trylock(mutex));
    return mutex_trylock(mutex, PC);
}

int ex_pthread_mutex_timedlock(pthread_mutex_t *mutex,
                               const struct timespec *until) {
    REAL_UNLESS_ACTIVE(pthread_mutex_timedlock(mutex, until));
    return mutex_lock(mutex, time_of(CLOCK_REALTIME, until), PC);
}

int ex_pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock,
                               const struct timespec *until) {
    REAL_UNLESS_ACTIVE(pthread_mutex_clocklock(mutex, clock, until));
    return mutex_lock(mutex, time_of(clock, until), PC);
}

int ex_pthread_mutex_unlock(pthread_mutex_t *mutex) {
    REAL_UNLESS_ACTIVE(pthread_mutex_unlock(mutex));
    return mutex_unlock(mutex, PC);
}

int ex_pthread_mutex_consistent(pthread_mutex_t *mutex) {
    REAL_UNLESS_ACTIVE(pthread_mutex_consistent(mutex));
    struct object *o = mutex_at(mutex);
    if (!o->is_robust || !o->is_lost)
        return EINVAL;
    o->is_lost = false;
    return 0;
}
