// SPDX-License-Identifier: MIT
// Spinlocks: waiting for one is waiting, however busy it is.
#include <errno.h>
#include <pthread.h>

#include "explore/memory.h"
#include "explore/objects.h"
#include "explore/real.h"

static bool is_free(struct thread *thread, const struct op *op) {
    (void)thread;
    return ((struct object *)op->extra)->owner == NULL;
}

static int take(struct object *spin, const void *pc) {
    struct thread *me = run_self();
    struct event *event = run_event(OP_SPIN_LOCK, spin->address, pc);
    spin->owner = me;
    clock_join(&me->clock, &spin->clock);
    object_hold(me, spin->address, OP_SPIN_LOCK, event->step);
    run_progress(me, spin->address, OP_SPIN_LOCK, false);
    return 0;
}

int ex_pthread_spin_init(pthread_spinlock_t *spin, int shared_by_processes) {
    int result = pthread_spin_init(spin, shared_by_processes);
    if (run.active && result == 0) {
        run_event(OP_INIT, (void *)spin, PC);
        object_init((void *)spin, OBJECT_SPIN);
    }
    return result;
}

int ex_pthread_spin_destroy(pthread_spinlock_t *spin) {
    REAL_UNLESS_ACTIVE(pthread_spin_destroy(spin));
    struct object *o = object_at((void *)spin, OBJECT_SPIN);
    run_step(OP_DESTROY, o->address, PC);
    run_event(OP_DESTROY, o->address, PC);
    if (o->owner != NULL)
        run_misuse("destroy-locked");
    o->destroyed = true;
    return 0;
}

int ex_pthread_spin_lock(pthread_spinlock_t *spin) {
    REAL_UNLESS_ACTIVE(pthread_spin_lock(spin));
    memory_check((void *)spin, sizeof *spin, PC);
    struct object *o = object_at((void *)spin, OBJECT_SPIN);
    run_point(&(struct op){.kind = OP_SPIN_LOCK,
                           .object = o->address,
                           .pc = PC,
                           .ready = is_free,
                           .extra = (uintptr_t)o});
    return take(o, PC);
}

int ex_pthread_spin_trylock(pthread_spinlock_t *spin) {
    REAL_UNLESS_ACTIVE(pthread_spin_trylock(spin));
    memory_check((void *)spin, sizeof *spin, PC);
    struct object *o = object_at((void *)spin, OBJECT_SPIN);
    run_uses(USES_TRYLOCK);
    run_step(OP_TRYLOCK, o->address, PC);
    if (o->owner == NULL)
        return take(o, PC);
    run_event(OP_TRYLOCK, o->address, PC)->result = EBUSY;
    run_progress(run_self(), o->address, EBUSY, false);
    return EBUSY;
}

int ex_pthread_spin_unlock(pthread_spinlock_t *spin) {
    REAL_UNLESS_ACTIVE(pthread_spin_unlock(spin));
    memory_check((void *)spin, sizeof *spin, PC);
    struct thread *me = run_self();
    struct object *o = object_at((void *)spin, OBJECT_SPIN);
    run_step(OP_SPIN_UNLOCK, o->address, PC);
    run_event(OP_SPIN_UNLOCK, o->address, PC);
    run_progress(me, o->address, OP_SPIN_UNLOCK, false);
    if (o->owner != me)
        run_misuse(o->owner ? "unlock-not-owner" : "unlock-not-locked");
    if (o->owner != NULL)
        object_let_go(o->owner, o->address);
    clock_copy(&o->clock, &me->clock);
    run_tick(me);
    o->owner = NULL;
    return 0;
}
