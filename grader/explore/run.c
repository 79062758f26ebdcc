// SPDX-License-Identifier: MIT
#include "explore/run.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "explore/locks.h"
#include "explore/memory.h"
#include "explore/outside.h"
#include "explore/room.h"
#include "explore/shared.h"
#include "explore/verifier.h"

struct run run;

// A program may take many steps; one that takes more is not explored.
enum { POINTS_MAX = 2000000 };
// Repetitions after which a thread counts as waiting in a loop, and steps
// after which waiting in loops by all of them counts as waiting for ever.
enum { SPINS_AFTER = 40, SPUN_MAX = 50000, SPIN_TURN = 128 };

// --- Turns -------------------------------------------------------------------

static void futex(int *word, int op, int value) {
    syscall(SYS_futex, word, op | FUTEX_PRIVATE_FLAG, value, NULL, NULL, 0);
}

void run_wait_turn(struct thread *thread) {
    while (__atomic_load_n(&thread->turn, __ATOMIC_ACQUIRE) == 0)
        futex(&thread->turn, FUTEX_WAIT, 0);
    __atomic_store_n(&thread->turn, 0, __ATOMIC_RELAXED);
}

static void give_turn(struct thread *thread) {
    __atomic_store_n(&thread->turn, 1, __ATOMIC_RELEASE);
    futex(&thread->turn, FUTEX_WAKE, 1);
}

// --- Progress ----------------------------------------------------------------

static uint64_t mix(uint64_t a, uint64_t b) {
    uint64_t x = (a ^ b) * 0x9e3779b97f4a7c15u;
    x ^= x >> 29;
    x *= 0xbf58476d1ce4e5b9u;
    return x ^ x >> 32;
}

// True if the thread did just this a moment ago.
static bool did_before(struct thread *thread, uint32_t what) {
    uint32_t *set = &thread->recent[(what >> 8 & 15) * 4];
    for (int i = 0; i < 4; i++)
        if (set[i] == what)
            return true;
    memmove(set + 1, set, 3 * sizeof *set);
    set[0] = what;
    return false;
}

void run_progress(struct thread *thread, const void *object, uint64_t value,
                  bool is_write) {
    uint32_t what = (uint32_t)mix((uintptr_t)object * 2 + is_write, value) | 1;
    if (did_before(thread, what)) {
        if (++thread->repeats > SPINS_AFTER)
            thread->spinning_since = run.news + 1;
        return;
    }
    thread->repeats = 0;
    thread->spinning_since = 0;
    thread->spun = 0;
    if (is_write)
        run.news++;
}

static bool is_spinning(const struct thread *thread) {
    return thread->spinning_since == run.news + 1;
}

static uint64_t value_at(const void *address, unsigned size) {
    uint64_t value = 0;
    memcpy(&value, address, size < 8 ? size : 8);
    return value;
}

// A plain store was announced before it was done: now it is done.
void run_settle(struct thread *thread) {
    if (thread->writing == NULL)
        return;
    const void *at = thread->writing;
    thread->writing = NULL;
    uint64_t value = value_at(at, thread->writing_size);
    run_progress(thread, at, value, true);
    run.hash = mix(run.hash, value);
    if (run.tracing && thread->writing_step <= EVENTS_MAX)
        shared->events[thread->writing_step - 1].value = value;
}

// --- Events ------------------------------------------------------------------

unsigned run_stack(const struct thread *thread, const void *pc,
                   const void **stack, unsigned most) {
    unsigned count = 0;
    if (pc != NULL)
        stack[count++] = pc;
    for (unsigned i = thread->depth; i > 0 && count < most; i--)
        if (i <= FRAMES_MAX)
            stack[count++] = thread->frames[i - 1].caller;
    return count;
}

struct event *run_event(enum op_kind kind, const void *object, const void *pc) {
    static struct event scratch;
    struct thread *me = run.current;
    run_settle(me);
    unsigned step = ++run.steps;
    run.hash = mix(run.hash, (uint64_t)kind << 56 ^ (uint64_t)me->id << 48 ^
                                 (uintptr_t)object);
    if (!run.tracing || step > EVENTS_MAX) {
        scratch.step = step;
        return &scratch;
    }
    struct event *event = &shared->events[step - 1];
    *event = (struct event){.step = step,
                            .thread = (short)me->id,
                            .kind = (unsigned char)kind,
                            .object = object,
                            .other = -1,
                            .order = 255,
                            .frame_thread = -1,
                            .preempted = me->preempted,
                            .blocked = me->was_blocked};
    me->preempted = me->was_blocked = false;
    event->depth = (unsigned char)run_stack(me, pc, event->stack, STACK_SHOWN);
    memory_describe(event);
    shared->event_count = step;
    return event;
}

// --- Who is next -------------------------------------------------------------

static bool is_ready(struct thread *thread) {
    return thread->op.ready == NULL || thread->op.ready(thread, &thread->op);
}

static bool is_timed(const struct thread *thread) {
    return thread->op.deadline != 0 && thread->op.deadline != NEVER;
}

static bool is_cancelled(const struct thread *thread) {
    return thread->op.is_cancellation_point && thread->cancel_pending &&
           !thread->cancel_disabled && !thread->cancelled;
}

// The deadline that passes first.
static struct thread *next_timed(void) {
    struct thread *first = NULL;
    for (unsigned i = 0; i < run.thread_count; i++) {
        struct thread *t = run.threads[i];
        if (!t->done && is_timed(t) &&
            (first == NULL || t->op.deadline < first->op.deadline))
            first = t;
    }
    return first;
}

static bool waits_in_loop(const struct thread *thread) {
    return thread->yields || is_spinning(thread);
}

struct options {
    unsigned count;
    struct option at[THREADS_MAX * 2];
};

static void add(struct options *options, struct thread *thread, enum wake wake,
                unsigned cost) {
    options->at[options->count++] =
        (struct option){thread, wake, (uint8_t)cost};
}

static void add_ready(struct options *options, struct thread *me,
                      bool loops_too) {
    struct thread *busy = NULL;
    if (!me->done && !(waits_in_loop(me) && !loops_too) &&
        (is_cancelled(me) || is_ready(me)))
        busy = me;
    if (busy != NULL && !me->yields)
        add(options, me, is_cancelled(me) ? WAKE_CANCEL : WAKE_READY, 0);
    for (unsigned i = 0; i < run.thread_count; i++) {
        struct thread *t = run.threads[i];
        if (t == me || t->done || (waits_in_loop(t) && !loops_too))
            continue;
        if (is_cancelled(t))
            add(options, t, WAKE_CANCEL, busy != NULL && !me->yields);
        else if (is_ready(t))
            add(options, t, WAKE_READY, busy != NULL && !me->yields);
    }
    if (busy != NULL && me->yields)
        add(options, me, WAKE_READY, 0);
}

static void add_surprises(struct options *options) {
    bool early = choose_may(MAY_TIME_OUT_EARLY);
    bool spurious = choose_may(MAY_WAKE_SPURIOUSLY);
    if (run.surprises >= 3 || (!early && !spurious))
        return;
    for (unsigned i = 0; i < run.thread_count; i++) {
        struct thread *t = run.threads[i];
        if (t->done || is_ready(t))
            continue;
        if (early && is_timed(t))
            add(options, t, WAKE_TIMEOUT, 1);
        if (spurious && t->op.may_wake_early && locks_may_wake(t))
            add(options, t, WAKE_SPURIOUS, 1);
    }
}

static unsigned spin_turn; // steps left
static bool time_passes;

// All that could run only waits in loops: each its turn, or time passes.
static void take_turns(struct options *options, struct thread *me) {
    struct thread *timed = next_timed();
    struct thread *least = NULL;
    bool all_spin = true, goes_on = false;
    for (unsigned i = 0; i < options->count; i++) {
        struct thread *t = options->at[i].thread;
        all_spin = all_spin && is_spinning(t);
        goes_on = goes_on || t == me;
        if (least == NULL || t->spun < least->spun)
            least = t;
    }
    if (!all_spin)
        return;
    options->count = 0;
    if (!goes_on)
        spin_turn = 0;
    // Then time passes as well, for the next who would go on then.
    if (spin_turn == 0 && (time_passes = !time_passes) && timed != NULL) {
        add(options, timed, WAKE_TIMEOUT, 0);
        return;
    }
    // Turns of changing length: with equal ones each could stop for ever at
    // the same place of its loop, which is where it is in the others' way.
    if (spin_turn > 0) {
        spin_turn--;
        least = me;
    } else {
        spin_turn = SPIN_TURN + mix(run.points, least->spun) % SPIN_TURN;
    }
    if (least->spun++ > SPUN_MAX) {
        unsigned spinners = 0;
        for (unsigned i = 0; i < run.thread_count; i++)
            spinners += !run.threads[i]->done && is_spinning(run.threads[i]);
        run_fail(spinners > 1 ? RESULT_LIVELOCK : RESULT_BUSY_WAIT, "%s", "");
    }
    add(options, least, WAKE_READY, 0);
}

static void collect(struct options *options, struct thread *me) {
    options->count = 0;
    add_ready(options, me, false);
    if (options->count == 0) {
        add_ready(options, me, true);
        if (options->count > 0)
            take_turns(options, me);
    } else {
        add_surprises(options);
    }
    if (options->count == 0) {
        struct thread *timed = next_timed();
        if (timed != NULL)
            add(options, timed, WAKE_TIMEOUT, 0);
    }
}

static void end_if_all_done(void) {
    for (unsigned i = 0; i < run.thread_count; i++)
        if (!run.threads[i]->done)
            return;
    run_exit(0);
}

// Never returns without somebody who can go on.
static struct option decide(struct thread *me) {
    static struct options options;
    end_if_all_done();
    collect(&options, me);
    while (options.count == 0) {
        if (!outside_wait())
            locks_fail_deadlock();
        collect(&options, me);
    }
    unsigned chosen = 0;
    bool is_whole = run_atomic > 0 && options.at[0].thread == me;
    if (options.count > 1 && !is_whole)
        chosen = choose_next(options.at, options.count);
    struct option next = options.at[chosen];
    if (next.thread != me && !me->done && options.at[0].thread == me) {
        me->preempted = true;
        result->preemptions++;
    }
    if (next.cost > 0 && next.wake != WAKE_READY && next.wake != WAKE_CANCEL)
        run.surprises++;
    return next;
}

static void pass_to(struct thread *me, struct option next) {
    struct thread *t = next.thread;
    t->wake = next.wake;
    if (next.wake == WAKE_TIMEOUT && run.now < t->op.deadline)
        run.now = t->op.deadline;
    if (t != me)
        me->yields = false;
    t->yields = false;
    run.current = t;
    choose_note(t);
    if (t == me)
        return;
    int saved = errno;
    give_turn(t);
    if (!me->done)
        run_wait_turn(me);
    errno = saved;
}

enum wake run_point(const struct op *op) {
    struct thread *me = run.current;
    run_settle(me);
    bool is_first = me->op.kind == OP_START;
    me->op = *op;
    me->points++;
    if (++run.points > POINTS_MAX)
        run_give_up("it takes too many steps");
    bool possible = is_ready(me);
    if (!possible) {
        me->was_blocked = true;
        locks_check_cycle(me);
    }
    // What comes first after the start belongs to the start.
    if (!(is_first && possible))
        pass_to(me, decide(me));
    else
        me->wake = is_cancelled(me) ? WAKE_CANCEL : WAKE_READY;
    run_tick(me);
    return me->wake;
}

void run_step(enum op_kind kind, const void *object, const void *pc) {
    run_point(&(struct op){.kind = kind, .object = object, .pc = pc});
}

unsigned run_choose(unsigned count, bool is_surprise) {
    if (count < 2 || (is_surprise && run.surprises >= 3))
        return 0;
    unsigned chosen = choose_value(count, is_surprise);
    run.surprises += is_surprise && chosen != 0;
    return chosen;
}

void run_leave(struct thread *thread) {
    run_settle(thread);
    thread->done = true;
    run.news++;
    pass_to(thread, decide(thread));
}

void run_begin_thread(struct thread *thread) {
    thread->op = (struct op){.kind = OP_START};
    run.threads[run.thread_count++] = thread;
    thread->exists = true;
    run.news++;
    if (result->thread_count < run.thread_count)
        result->thread_count = run.thread_count;
}

void run_tick(struct thread *thread) {
    clock_set(&thread->clock, thread->id,
              clock_at(&thread->clock, thread->id) + 1);
}

// --- The end -----------------------------------------------------------------

static void note_thread_points(void) {
    for (unsigned i = 0; i < run.thread_count && i < PROFILED; i++)
        result->thread_points[i] = run.threads[i]->points;
}

static void describe_threads(void) {
    shared->thread_count = run.thread_count;
    for (unsigned i = 0; i < run.thread_count; i++) {
        const struct thread *t = run.threads[i];
        shared->threads[i].id = (short)t->id;
        shared->threads[i].parent = t->parent ? (short)t->parent->id : -1;
        shared->threads[i].entry = (const void *)t->start;
        shared->threads[i].created = t->created_at;
        memcpy(shared->threads[i].stack, t->created_stack,
               sizeof t->created_stack);
    }
}

// Two failures are the same if their kind is, and the place of an assertion.
static uint64_t signature(enum result_kind kind, int line) {
    return mix(kind + 1, kind == RESULT_BROKEN_INVARIANT ? (uint64_t)line : 0);
}

void run_finish(void) {
    result->hash = run.hash;
    result->points = run.points;
    result->steps = run.steps;
    note_thread_points();
    if (run.tracing) {
        describe_threads();
        locks_describe();
    }
    if (result->kind == RESULT_NONE && result->misuse[0] != '\0') {
        result->kind = RESULT_API_MISUSE;
        result->signature = signature(RESULT_API_MISUSE, 0);
    }
    result->finished = true;
    _exit(0);
}

// What a misuse brings about is its effect. A lock that nobody gives back any
// more is best told by who waits for it.
static bool is_effect_of_misuse(enum result_kind kind) {
    return result->misuse[0] != '\0' && kind != RESULT_DATA_RACE &&
           kind != RESULT_MEMORY_ERROR && kind != RESULT_INCONCLUSIVE &&
           strcmp(result->misuse, "end-holding") != 0;
}

static void fail(enum result_kind kind, const char *file, int line,
                 const char *format, va_list arguments) {
    if (result != NULL && is_effect_of_misuse(kind))
        run_finish();
    if (result == NULL || result->kind != RESULT_NONE)
        run_finish();
    result->kind = kind;
    result->signature = signature(kind, line);
    vsnprintf(result->message, sizeof result->message, format, arguments);
    if (file != NULL)
        snprintf(result->file, sizeof result->file, "%s", file);
    result->line = line;
}

void run_fail(enum result_kind kind, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fail(kind, NULL, 0, format, arguments);
    run_finish();
}

void run_fail_at(enum result_kind kind, const char *file, int line,
                 const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fail(kind, file, line, format, arguments);
    run_finish();
}

void run_misuse(const char *what) {
    if (result->misuse[0] != '\0')
        return;
    snprintf(result->misuse, sizeof result->misuse, "%s", what);
    result->misuse_step = run.steps;
}

void run_give_up(const char *why) {
    if (result == NULL)
        _exit(3);
    result->kind = RESULT_INCONCLUSIVE;
    snprintf(result->message, sizeof result->message, "%s", why);
    run_finish();
}

void run_exit(int status) {
    if (status != 0)
        run_fail(RESULT_WRONG_RESULT, "the program ended with status %d",
                 status & 255);
    run_finish();
}

void run_uncontrolled(enum uncontrolled what) {
    if (result != NULL)
        result->uncontrolled |= what;
}

void run_uses(enum feature feature) {
    if (result != NULL)
        result->features |= feature;
}
