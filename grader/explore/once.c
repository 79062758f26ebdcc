// SPDX-License-Identifier: MIT
// Barriers, and what happens once.
#include "explore/once.h"

#include <errno.h>
#include <pthread.h>

#include "explore/memory.h"
#include "explore/objects.h"
#include "explore/real.h"

// --- Barriers ----------------------------------------------------------------

static bool is_passed(struct thread *thread, const struct op *op) {
    (void)thread;
    const struct object *barrier = object_known(op->object, OBJECT_BARRIER);
    return barrier->generation != op->extra;
}

int ex_pthread_barrier_init(pthread_barrier_t *address,
                            const pthread_barrierattr_t *attributes,
                            unsigned count) {
    REAL_UNLESS_ACTIVE(pthread_barrier_init(address, attributes, count));
    if (count == 0)
        return EINVAL;
    memory_check(address, sizeof *address, PC);
    struct event *event = run_event(OP_INIT, address, PC);
    event->value = count;
    event->has_value = true;
    object_init(address, OBJECT_BARRIER)->needed = count;
    return 0;
}

int ex_pthread_barrier_destroy(pthread_barrier_t *address) {
    REAL_UNLESS_ACTIVE(pthread_barrier_destroy(address));
    struct object *barrier = object_at(address, OBJECT_BARRIER);
    run_step(OP_DESTROY, address, PC);
    run_event(OP_DESTROY, address, PC);
    if (barrier->arrived > 0)
        run_misuse("destroy-waited");
    barrier->destroyed = true;
    return 0;
}

// True for the last to arrive.
static bool arrive(struct object *barrier) {
    struct thread *me = run_self();
    struct clock *clock = &barrier->generation_clock[barrier->generation & 1];
    if (barrier->arrived++ == 0)
        clock_clear(clock);
    clock_join(clock, &me->clock);
    run_tick(me);
    if (barrier->arrived < barrier->needed)
        return false;
    barrier->arrived = 0;
    barrier->generation++;
    return true;
}

int ex_pthread_barrier_wait(pthread_barrier_t *address) {
    REAL_UNLESS_ACTIVE(pthread_barrier_wait(address));
    memory_check(address, 1, PC);
    struct object *barrier = object_at(address, OBJECT_BARRIER);
    struct thread *me = run_self();
    run_step(OP_BARRIER, address, PC);
    struct event *event = run_event(OP_BARRIER, address, PC);
    event->value = barrier->arrived + 1;
    event->before = barrier->needed;
    event->has_value = true;
    unsigned generation = barrier->generation;
    bool last = arrive(barrier);
    run_progress(me, address, run.steps, true);
    if (!last)
        run_point(&(struct op){.kind = OP_BARRIER,
                               .object = address,
                               .pc = PC,
                               .ready = is_passed,
                               .extra = generation});
    clock_join(&me->clock, &barrier->generation_clock[generation & 1]);
    return last ? PTHREAD_BARRIER_SERIAL_THREAD : 0;
}

// --- Once --------------------------------------------------------------------

static bool is_not_running(struct thread *thread, const struct op *op) {
    (void)thread;
    return ((struct object *)op->extra)->once_state != 1;
}

void once_call(const void *control, void (*function)(void), const void *pc) {
    memory_check(control, 1, pc);
    struct object *once = object_at(control, OBJECT_ONCE);
    struct thread *me = run_self();
    run_point(&(struct op){.kind = OP_ONCE,
                           .object = control,
                           .pc = pc,
                           .ready = is_not_running,
                           .extra = (uintptr_t)once});
    struct event *event = run_event(OP_ONCE, control, pc);
    event->value = once->once_state == 0;
    event->has_value = true;
    run_progress(me, control, (uint64_t)once->once_state, false);
    if (once->once_state == 0) {
        once->once_state = 1;
        once->owner = me;
        function();
        clock_copy(&once->clock, &me->clock);
        run_tick(me);
        once->owner = NULL;
        once->once_state = 2;
        run.news++;
    }
    clock_join(&me->clock, &once->clock);
}

int ex_pthread_once(pthread_once_t *control, void (*function)(void)) {
    REAL_UNLESS_ACTIVE(pthread_once(control, function));
    once_call(control, function, PC);
    return 0;
}
