// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdarg.h>
#include <string.h>

#include "explore/memory.h"
#include "explore/objects.h"
#include "explore/real.h"
#include "explore/room.h"
#include "explore/threads.h"
#include "explore/timing.h"

// One that was never initialised has what is in its memory: 0 if static.
static struct object *sem_at(const void *address, const void *pc) {
    memory_check(address, 1, pc);
    return object_at(address, OBJECT_SEM);
}

static bool is_positive(struct thread *thread, const struct op *op) {
    (void)thread;
    return ((struct object *)op->extra)->value > 0;
}

static int fail_with(int error) {
    errno = error;
    return -1;
}

static int take(struct object *sem, const void *pc) {
    struct thread *me = run_self();
    struct event *event = run_event(OP_SEM_WAIT, sem->address, pc);
    sem->value--;
    event->value = sem->value;
    event->has_value = true;
    clock_join(&me->clock, &sem->clock);
    run_progress(me, sem->address, sem->value, true);
    return 0;
}

static int wait_for(const void *address, int64_t deadline, const void *pc) {
    struct object *sem = sem_at(address, pc);
    if (deadline != NEVER)
        run_uses(USES_TIME | USES_TRYLOCK);
    enum wake wake = run_point(&(struct op){.kind = OP_SEM_WAIT,
                                            .object = address,
                                            .pc = pc,
                                            .ready = is_positive,
                                            .deadline = deadline,
                                            .extra = (uintptr_t)sem,
                                            .is_cancellation_point = true});
    if (wake == WAKE_CANCEL)
        threads_cancel_self();
    if (wake != WAKE_TIMEOUT || sem->value > 0)
        return take(sem, pc);
    struct event *event = run_event(OP_SEM_WAIT, address, pc);
    event->note = NOTE_TIMEOUT;
    event->result = ETIMEDOUT;
    run_progress(run_self(), address, ETIMEDOUT, false);
    return fail_with(ETIMEDOUT);
}

int ex_sem_init(sem_t *address, int shared_by_processes, unsigned value) {
    REAL_UNLESS_ACTIVE(sem_init(address, shared_by_processes, value));
    if (value > SEM_VALUE_MAX)
        return fail_with(EINVAL);
    memory_check(address, sizeof *address, PC);
    struct event *event = run_event(OP_INIT, address, PC);
    event->value = value;
    event->has_value = true;
    object_init(address, OBJECT_SEM)->value = value;
    return 0;
}

int ex_sem_destroy(sem_t *address) {
    REAL_UNLESS_ACTIVE(sem_destroy(address));
    struct object *sem = sem_at(address, PC);
    run_step(OP_DESTROY, address, PC);
    run_event(OP_DESTROY, address, PC);
    for (unsigned i = 0; i < run.thread_count; i++)
        if (!run.threads[i]->done && run.threads[i] != run_self() &&
            run.threads[i]->op.kind == OP_SEM_WAIT &&
            run.threads[i]->op.object == address && sem->value == 0)
            run_misuse("destroy-waited");
    sem->destroyed = true;
    return 0;
}

int ex_sem_wait(sem_t *sem) {
    REAL_UNLESS_ACTIVE(sem_wait(sem));
    return wait_for(sem, NEVER, PC);
}

int ex_sem_timedwait(sem_t *sem, const struct timespec *until) {
    REAL_UNLESS_ACTIVE(sem_timedwait(sem, until));
    if (!time_is_valid(until))
        return fail_with(EINVAL);
    return wait_for(sem, time_of(CLOCK_REALTIME, until), PC);
}

int ex_sem_clockwait(sem_t *sem, clockid_t clock,
                     const struct timespec *until) {
    REAL_UNLESS_ACTIVE(sem_clockwait(sem, clock, until));
    if (!time_is_valid(until))
        return fail_with(EINVAL);
    return wait_for(sem, time_of(clock, until), PC);
}

int ex_sem_trywait(sem_t *address) {
    REAL_UNLESS_ACTIVE(sem_trywait(address));
    struct object *sem = sem_at(address, PC);
    run_uses(USES_TRYLOCK);
    run_step(OP_SEM_WAIT, address, PC);
    if (sem->value > 0)
        return take(sem, PC);
    run_event(OP_SEM_WAIT, address, PC)->result = EAGAIN;
    run_progress(run_self(), address, EAGAIN, false);
    return fail_with(EAGAIN);
}

int ex_sem_post(sem_t *address) {
    REAL_UNLESS_ACTIVE(sem_post(address));
    struct object *sem = sem_at(address, PC);
    struct thread *me = run_self();
    run_step(OP_SEM_POST, address, PC);
    if (sem->value >= SEM_VALUE_MAX)
        return fail_with(EOVERFLOW);
    struct event *event = run_event(OP_SEM_POST, address, PC);
    sem->value++;
    event->value = sem->value;
    event->has_value = true;
    clock_join(&sem->clock, &me->clock);
    run_tick(me);
    run_progress(me, address, sem->value, true);
    return 0;
}

int ex_sem_getvalue(sem_t *address, int *value) {
    REAL_UNLESS_ACTIVE(sem_getvalue(address, value));
    struct object *sem = sem_at(address, PC);
    run_uses(USES_TRYLOCK);
    run_step(OP_SEM_WAIT, address, PC);
    *value = (int)sem->value;
    run_progress(run_self(), address, sem->value, false);
    return 0;
}

// --- Named ones: within the program, which is all there is -------------------

struct named {
    struct named *next;
    sem_t sem;
    char name[64];
};
static struct named *named;

sem_t *ex_sem_open(const char *name, int flags, ...) {
    for (struct named *n = named; n != NULL; n = n->next) {
        if (strncmp(n->name, name, sizeof n->name - 1) != 0)
            continue;
        if ((flags & O_CREAT) && (flags & O_EXCL)) {
            errno = EEXIST;
            return SEM_FAILED;
        }
        return &n->sem;
    }
    if (!(flags & O_CREAT)) {
        errno = ENOENT;
        return SEM_FAILED;
    }
    va_list arguments;
    va_start(arguments, flags);
    (void)va_arg(arguments, int);
    unsigned value = va_arg(arguments, unsigned);
    va_end(arguments);
    struct named *n = room_take(sizeof *n);
    strncpy(n->name, name, sizeof n->name - 1);
    n->next = named;
    named = n;
    object_init(&n->sem, OBJECT_SEM)->value = value;
    return &n->sem;
}

int ex_sem_close(sem_t *sem) {
    (void)sem;
    return 0;
}

int ex_sem_unlink(const char *name) {
    for (struct named **n = &named; *n != NULL; n = &(*n)->next) {
        if (strncmp((*n)->name, name, sizeof(*n)->name - 1) != 0)
            continue;
        *n = (*n)->next;
        return 0;
    }
    return fail_with(ENOENT);
}
