// SPDX-License-Identifier: MIT
// Read-write locks. They prefer readers, as glibc's do by default, or waiting
// writers if they were asked to.
#include "explore/rwlock.h"

#include <errno.h>
#include <pthread.h>

#include "explore/memory.h"
#include "explore/objects.h"
#include "explore/real.h"
#include "explore/room.h"
#include "explore/timing.h"

static struct object *rwlock_at(const void *address, const void *pc) {
    memory_check(address, 1, pc);
    struct object *lock = object_at(address, OBJECT_RWLOCK);
    if (lock->reads_of == NULL)
        lock->reads_of = room_take(THREADS_MAX);
    return lock;
}

bool rwlock_puts_first(const struct object *lock, const struct thread *writer) {
    return lock->prefers_writers && lock->readers > 0 && !writer->done &&
           writer->op.kind == OP_WRLOCK && writer->op.object == lock->address;
}

static bool may_read(struct thread *thread, const struct op *op) {
    const struct object *lock = (struct object *)op->extra;
    if (lock->owner != NULL)
        return false;
    for (unsigned i = 0; i < run.thread_count; i++)
        if (rwlock_puts_first(lock, run.threads[i]) && run.threads[i] != thread)
            return false;
    return true;
}

static bool may_write(struct thread *thread, const struct op *op) {
    const struct object *lock = (struct object *)op->extra;
    (void)thread;
    return lock->owner == NULL && lock->readers == 0;
}

static int take(struct object *lock, enum op_kind kind, const void *pc) {
    struct thread *me = run_self();
    struct event *event = run_event(kind, lock->address, pc);
    clock_join(&me->clock, &lock->clock);
    if (kind == OP_WRLOCK) {
        clock_join(&me->clock, &lock->readers_clock);
        lock->owner = me;
    } else {
        lock->readers++;
        lock->reads_of[me->id]++;
    }
    object_hold(me, lock->address, kind, event->step);
    run_progress(me, lock->address, kind, false);
    return 0;
}

static int refuse(struct object *lock, enum op_kind kind, int error,
                  const void *pc) {
    struct event *event = run_event(kind, lock->address, pc);
    event->result = error;
    if (error == ETIMEDOUT)
        event->note = NOTE_TIMEOUT;
    run_progress(run_self(), lock->address, (uint64_t)error, false);
    return error;
}

static int wait_for(const void *address, enum op_kind kind, int64_t deadline,
                    const void *pc) {
    struct object *lock = rwlock_at(address, pc);
    struct thread *me = run_self();
    if (lock->owner == me)
        return EDEADLK;
    if (deadline != NEVER)
        run_uses(USES_TIME | USES_TRYLOCK);
    struct op op = {.kind = kind,
                    .object = address,
                    .pc = pc,
                    .ready = kind == OP_WRLOCK ? may_write : may_read,
                    .deadline = deadline,
                    .extra = (uintptr_t)lock};
    if (run_point(&op) == WAKE_TIMEOUT && !op.ready(me, &op))
        return refuse(lock, kind, ETIMEDOUT, pc);
    return take(lock, kind, pc);
}

static int try_for(const void *address, enum op_kind kind, const void *pc) {
    struct object *lock = rwlock_at(address, pc);
    run_uses(USES_TRYLOCK);
    run_step(OP_TRYLOCK, address, pc);
    bool free = lock->owner == NULL && (kind == OP_RDLOCK || !lock->readers);
    return free ? take(lock, kind, pc) : refuse(lock, OP_TRYLOCK, EBUSY, pc);
}

int ex_pthread_rwlock_init(pthread_rwlock_t *lock,
                           const pthread_rwlockattr_t *attributes) {
    int result = pthread_rwlock_init(lock, attributes);
    if (run.active && result == 0) {
        run_event(OP_INIT, lock, PC);
        int kind = PTHREAD_RWLOCK_DEFAULT_NP;
        if (attributes != NULL)
            pthread_rwlockattr_getkind_np(attributes, &kind);
        object_init(lock, OBJECT_RWLOCK)->prefers_writers =
            kind == PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP;
    }
    return result;
}

int ex_pthread_rwlock_destroy(pthread_rwlock_t *address) {
    REAL_UNLESS_ACTIVE(pthread_rwlock_destroy(address));
    struct object *lock = rwlock_at(address, PC);
    run_step(OP_DESTROY, address, PC);
    run_event(OP_DESTROY, address, PC);
    if (lock->owner != NULL || lock->readers > 0)
        run_misuse("destroy-locked");
    lock->destroyed = true;
    return 0;
}

int ex_pthread_rwlock_rdlock(pthread_rwlock_t *lock) {
    REAL_UNLESS_ACTIVE(pthread_rwlock_rdlock(lock));
    return wait_for(lock, OP_RDLOCK, NEVER, PC);
}

int ex_pthread_rwlock_wrlock(pthread_rwlock_t *lock) {
    REAL_UNLESS_ACTIVE(pthread_rwlock_wrlock(lock));
    return wait_for(lock, OP_WRLOCK, NEVER, PC);
}

int ex_pthread_rwlock_tryrdlock(pthread_rwlock_t *lock) {
    REAL_UNLESS_ACTIVE(pthread_rwlock_tryrdlock(lock));
    return try_for(lock, OP_RDLOCK, PC);
}

int ex_pthread_rwlock_trywrlock(pthread_rwlock_t *lock) {
    REAL_UNLESS_ACTIVE(pthread_rwlock_trywrlock(lock));
    return try_for(lock, OP_WRLOCK, PC);
}

int ex_pthread_rwlock_timedrdlock(pthread_rwlock_t *lock,
                                  const struct timespec *until) {
    REAL_UNLESS_ACTIVE(pthread_rwlock_timedrdlock(lock, until));
    return wait_for(lock, OP_RDLOCK, time_of(CLOCK_REALTIME, until), PC);
}

int ex_pthread_rwlock_timedwrlock(pthread_rwlock_t *lock,
                                  const struct timespec *until) {
    REAL_UNLESS_ACTIVE(pthread_rwlock_timedwrlock(lock, until));
    return wait_for(lock, OP_WRLOCK, time_of(CLOCK_REALTIME, until), PC);
}

int ex_pthread_rwlock_clockrdlock(pthread_rwlock_t *lock, clockid_t clock,
                                  const struct timespec *until) {
    REAL_UNLESS_ACTIVE(pthread_rwlock_clockrdlock(lock, clock, until));
    return wait_for(lock, OP_RDLOCK, time_of(clock, until), PC);
}

int ex_pthread_rwlock_clockwrlock(pthread_rwlock_t *lock, clockid_t clock,
                                  const struct timespec *until) {
    REAL_UNLESS_ACTIVE(pthread_rwlock_clockwrlock(lock, clock, until));
    return wait_for(lock, OP_WRLOCK, time_of(clock, until), PC);
}

int ex_pthread_rwlock_unlock(pthread_rwlock_t *address) {
    REAL_UNLESS_ACTIVE(pthread_rwlock_unlock(address));
    struct object *lock = rwlock_at(address, PC);
    struct thread *me = run_self();
    run_step(OP_RWUNLOCK, address, PC);
    run_event(OP_RWUNLOCK, address, PC);
    run_progress(me, address, OP_RWUNLOCK, false);
    if (lock->owner == me) {
        clock_copy(&lock->clock, &me->clock);
        lock->owner = NULL;
    } else if (lock->reads_of[me->id] > 0) {
        clock_join(&lock->readers_clock, &me->clock);
        lock->reads_of[me->id]--;
        lock->readers--;
    } else {
        run_misuse(lock->owner || lock->readers ? "unlock-not-owner"
                                                : "unlock-not-locked");
        return 0;
    }
    object_let_go(me, address);
    run_tick(me);
    return 0;
}
