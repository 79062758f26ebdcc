// SPDX-License-Identifier: MIT
// Creation, end, join and cancellation of threads, and what is theirs alone.
#include "explore/threads.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "explore/mutex.h"
#include "explore/process.h"
#include "explore/race.h"
#include "explore/real.h"
#include "explore/room.h"
#include "explore/timing.h"

static struct thread main_thread = {.exists = true};

// Stacks at the same place in every schedule, so that addresses repeat, with a
// gap below each, so that an overflow is a crash.
enum {
    STACK_MIB = 8,
    STACK_GAP = 1 << 16,
    STACK_SIZE = (STACK_MIB << 20) - STACK_GAP
};
#define STACKS_AT 0x500000000000

static void *stack_of(unsigned id) {
    char *at = (char *)STACKS_AT + ((size_t)id * STACK_MIB << 20) + STACK_GAP;
    void *stack =
        mmap(at, STACK_SIZE, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE,
             -1, 0);
    return stack == MAP_FAILED ? NULL : stack;
}

void threads_begin_main(void) {
    run.threads[0] = run.current = &main_thread;
    run.thread_count = 1;
    main_thread.handle = pthread_self();
    clock_set(&main_thread.clock, 0, 1);
}

// --- What is a thread's own --------------------------------------------------

enum { KEYS_MAX = sizeof main_thread.specific / sizeof(void *) };
static struct {
    bool used;
    void (*destructor)(void *);
} keys[KEYS_MAX];

int threads_key(void (*destructor)(void *), unsigned *key) {
    for (unsigned i = 0; i < KEYS_MAX; i++) {
        if (keys[i].used)
            continue;
        keys[i].used = true;
        keys[i].destructor = destructor;
        *key = i;
        return 0;
    }
    return EAGAIN;
}

int ex_pthread_key_create(pthread_key_t *key, void (*destructor)(void *)) {
    return threads_key(destructor, key);
}

int ex_pthread_key_delete(pthread_key_t key) {
    if (key >= KEYS_MAX || !keys[key].used)
        return EINVAL;
    keys[key].used = false;
    for (unsigned i = 0; i < run.thread_count; i++)
        run.threads[i]->specific[key] = NULL;
    return 0;
}

static struct thread *self_or_main(void) {
    return run.current != NULL ? run.current : &main_thread;
}

int ex_pthread_setspecific(pthread_key_t key, const void *value) {
    if (key >= KEYS_MAX || !keys[key].used)
        return EINVAL;
    self_or_main()->specific[key] = (void *)value;
    return 0;
}

void *ex_pthread_getspecific(pthread_key_t key) {
    return key < KEYS_MAX ? self_or_main()->specific[key] : NULL;
}

static void destroy_specifics(struct thread *thread) {
    for (int round = 0; round < PTHREAD_DESTRUCTOR_ITERATIONS; round++) {
        bool any = false;
        for (unsigned i = 0; i < KEYS_MAX; i++) {
            void *value = thread->specific[i];
            if (!keys[i].used || keys[i].destructor == NULL || value == NULL)
                continue;
            thread->specific[i] = NULL;
            keys[i].destructor(value);
            any = true;
        }
        if (!any)
            return;
    }
}

// --- The end of a thread -----------------------------------------------------

static void end_thread(void *argument) {
    struct thread *me = argument;
    destroy_specifics(me);
    run_step(OP_END, NULL, NULL);
    run_event(OP_END, NULL, NULL);
    unsigned most = sizeof me->held / sizeof me->held[0];
    while (me->held_count > 0 && me->held_count <= most) {
        unsigned before = me->held_count;
        mutex_abandon(me->held[before - 1].object);
        if (me->held_count == before)
            me->held_count--;
    }
    run_tick(me);
    run_leave(me);
}

static void *run_thread(void *argument) {
    struct thread *me = argument;
    process_watch_stack();
    run_wait_turn(me);
    run_tick(me);
    run_event(OP_START, NULL, NULL);
    pthread_cleanup_push(end_thread, me);
    me->result = me->start(me->argument);
    pthread_cleanup_pop(1);
    return NULL;
}

void threads_exit(void *value) {
    struct thread *me = run_self();
    if (!me->cancelled)
        me->result = value;
    me->cancelled = true; // not at the points in its handlers
    pthread_exit(value);
}

void threads_cancel_self(void) {
    struct thread *me = run_self();
    me->cancelled = true;
    me->result = PTHREAD_CANCELED;
    pthread_exit(PTHREAD_CANCELED);
}

// main ended by pthread_exit: the others go on, and the last ends the process.
static void end_main(void *argument) {
    end_thread(argument);
    for (;;)
        pause();
}

static struct {
    int (*program)(int, char **);
    int count;
    char **words;
} main_call;

static void run_main(void) {
    int status = 0;
    pthread_cleanup_push(end_main, &main_thread);
    status = main_call.program(main_call.count, main_call.words);
    pthread_cleanup_pop(0);
    extern _Noreturn void ex_exit(int);
    ex_exit(status);
}

// On a stack of its own, whose place does not depend on how the explorer came
// here, nor on the environment.
void threads_run_main(int (*program)(int, char **), int count, char **words) {
    static ucontext_t context;
    main_call.program = program;
    main_call.count = count;
    main_call.words = words;
    void *stack = stack_of(0);
    if (stack == NULL || getcontext(&context) != 0)
        run_give_up("no memory for a stack");
    context.uc_stack.ss_sp = stack;
    context.uc_stack.ss_size = STACK_SIZE;
    makecontext(&context, run_main, 0);
    setcontext(&context);
    run_give_up("no stack for main");
}

void ex_pthread_exit(void *value) {
    if (!run.active)
        pthread_exit(value);
    threads_exit(value);
}

// --- Creation ----------------------------------------------------------------

static struct thread *thread_of(pthread_t handle) {
    for (unsigned i = 0; i < run.thread_count; i++)
        if (run.threads[i]->handle == handle)
            return run.threads[i];
    return NULL;
}

static struct thread *new_thread(void *(*start)(void *), void *argument) {
    struct thread *me = run_self();
    struct thread *t = room_take(sizeof *t);
    t->id = run.thread_count;
    t->start = start;
    t->argument = argument;
    t->parent = me;
    clock_copy(&t->clock, &me->clock);
    clock_copy(&t->seen, &me->seen);
    clock_set(&t->clock, t->id, 1);
    return t;
}

int threads_create(pthread_t *handle, void *(*start)(void *), void *argument,
                   bool detached, const void *pc) {
    struct thread *me = run_self();
    run_step(OP_CREATE, NULL, pc);
    if (run.thread_count == THREADS_MAX)
        return EAGAIN;
    struct thread *t = new_thread(start, argument);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    void *stack = stack_of(t->id);
    if (stack != NULL)
        pthread_attr_setstack(&attributes, stack, STACK_SIZE);
    t->detached = detached;
    pthread_t created;
    int result = pthread_create(&created, &attributes, run_thread, t);
    pthread_attr_destroy(&attributes);
    if (result != 0)
        return result;
    t->handle = created;
    struct event *event = run_event(OP_CREATE, NULL, pc);
    event->other = (short)t->id;
    t->created_at = event->step;
    run_stack(me, pc, t->created_stack, STACK_SHOWN);
    run_begin_thread(t);
    run_tick(me);
    memcpy(handle, &created, sizeof created);
    race_wrote(handle, sizeof *handle, pc);
    return 0;
}

int ex_pthread_create(pthread_t *handle, const pthread_attr_t *attributes,
                      void *(*start)(void *), void *argument) {
    REAL_UNLESS_ACTIVE(pthread_create(handle, attributes, start, argument));
    int state = PTHREAD_CREATE_JOINABLE;
    if (attributes != NULL)
        pthread_attr_getdetachstate(attributes, &state);
    return threads_create(handle, start, argument,
                          state == PTHREAD_CREATE_DETACHED, PC);
}

// --- Join --------------------------------------------------------------------

static bool is_done(struct thread *thread, const struct op *op) {
    (void)thread;
    return run.threads[op->extra]->done;
}

static int check_join(const struct thread *t) {
    if (t == NULL)
        return ESRCH;
    if (t == run_self()) {
        run_misuse("join-self");
        return EDEADLK;
    }
    if (t->detached || t->joined) {
        run_misuse(t->detached ? "join-detached" : "join-twice");
        return EINVAL;
    }
    return 0;
}

int threads_join(pthread_t handle, void **value, int64_t deadline,
                 const void *pc) {
    struct thread *me = run_self();
    struct thread *t = thread_of(handle);
    int error = check_join(t);
    if (error != 0)
        return error;
    enum wake wake = run_point(&(struct op){.kind = OP_JOIN,
                                            .pc = pc,
                                            .ready = is_done,
                                            .deadline = deadline,
                                            .extra = t->id,
                                            .is_cancellation_point = true});
    if (wake == WAKE_CANCEL)
        threads_cancel_self();
    struct event *event = run_event(OP_JOIN, NULL, pc);
    event->other = (short)t->id;
    if (!t->done) {
        event->note = NOTE_TIMEOUT;
        run_progress(me, t, ETIMEDOUT, false);
        return event->result = ETIMEDOUT;
    }
    t->joined = true;
    clock_join(&me->clock, &t->clock);
    clock_join(&me->seen, &t->seen);
    if (value != NULL) {
        *value = t->result;
        race_wrote(value, sizeof *value, pc);
    }
    return 0;
}

int ex_pthread_join(pthread_t handle, void **value) {
    REAL_UNLESS_ACTIVE(pthread_join(handle, value));
    return threads_join(handle, value, NEVER, PC);
}

int ex_pthread_tryjoin_np(pthread_t handle, void **value) {
    REAL_UNLESS_ACTIVE(pthread_tryjoin_np(handle, value));
    struct thread *t = thread_of(handle);
    run_uses(USES_TRYLOCK);
    run_step(OP_YIELD, NULL, PC);
    if (t != NULL && !t->done) {
        run_progress(run_self(), t, EBUSY, false);
        return EBUSY;
    }
    return threads_join(handle, value, NEVER, PC);
}

int ex_pthread_timedjoin_np(pthread_t handle, void **value,
                            const struct timespec *until) {
    REAL_UNLESS_ACTIVE(pthread_timedjoin_np(handle, value, until));
    run_uses(USES_TIME);
    return threads_join(handle, value, time_of(CLOCK_REALTIME, until), PC);
}

int ex_pthread_clockjoin_np(pthread_t handle, void **value, clockid_t clock,
                            const struct timespec *until) {
    REAL_UNLESS_ACTIVE(pthread_clockjoin_np(handle, value, clock, until));
    run_uses(USES_TIME);
    return threads_join(handle, value, time_of(clock, until), PC);
}

int threads_detach(pthread_t handle, const void *pc) {
    struct thread *t = thread_of(handle);
    if (t == NULL)
        return ESRCH;
    run_step(OP_DETACH, NULL, pc);
    run_event(OP_DETACH, NULL, pc)->other = (short)t->id;
    if (t->detached || t->joined) {
        run_misuse(t->detached ? "join-detached" : "join-twice");
        return EINVAL;
    }
    t->detached = true;
    return 0;
}

int ex_pthread_detach(pthread_t handle) {
    REAL_UNLESS_ACTIVE(pthread_detach(handle));
    return threads_detach(handle, PC);
}

// --- Cancellation ------------------------------------------------------------

int ex_pthread_cancel(pthread_t handle) {
    REAL_UNLESS_ACTIVE(pthread_cancel(handle));
    struct thread *t = thread_of(handle);
    if (t == NULL)
        return ESRCH;
    run_step(OP_CANCEL, NULL, PC);
    run_event(OP_CANCEL, NULL, PC)->other = (short)t->id;
    t->cancel_pending = true;
    run.news++;
    return 0;
}

int ex_pthread_setcancelstate(int state, int *old) {
    REAL_UNLESS_ACTIVE(pthread_setcancelstate(state, old));
    struct thread *me = run_self();
    if (old != NULL)
        *old = me->cancel_disabled ? PTHREAD_CANCEL_DISABLE
                                   : PTHREAD_CANCEL_ENABLE;
    me->cancel_disabled = state == PTHREAD_CANCEL_DISABLE;
    return 0;
}

int ex_pthread_setcanceltype(int type, int *old) {
    REAL_UNLESS_ACTIVE(pthread_setcanceltype(type, old));
    if (old != NULL)
        *old = PTHREAD_CANCEL_DEFERRED;
    if (type == PTHREAD_CANCEL_ASYNCHRONOUS)
        run_uncontrolled(UNCONTROLLED_ASYNC_CANCEL);
    return 0;
}

void ex_pthread_testcancel(void) {
    if (!run.active) {
        pthread_testcancel();
        return;
    }
    enum wake wake = run_point(&(struct op){
        .kind = OP_YIELD, .pc = PC, .is_cancellation_point = true});
    if (wake == WAKE_CANCEL)
        threads_cancel_self();
    run_progress(run_self(), PC, OP_CANCEL, false);
}
