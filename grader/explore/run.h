// SPDX-License-Identifier: MIT
// One schedule of the program, in a process of its own.
//
// The program's threads are real threads, but only the one with the turn runs.
// Before every operation that other threads can notice it says what it is about
// to do (run_point), and the strategy chooses who does the next step. An
// operation that has to wait has a condition; its thread is chosen only when
// that holds. So a blocked thread is one whose next operation is not possible,
// and when no thread's is, that is a deadlock, exactly.
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "explore/clock.h"

enum {
    THREADS_MAX = 256,
    FRAMES_MAX = 256, // calls of a thread that are remembered
    STACK_SHOWN = 8,  // of them, in an event
};
#define NEVER INT64_MAX

// What a thread can be about to do. The names are those of output.h.
enum op_kind {
    OP_READ,
    OP_WRITE,
    OP_ATOMIC_LOAD,
    OP_ATOMIC_STORE,
    OP_ATOMIC_UPDATE,
    OP_FENCE,
    OP_CREATE,
    OP_START,
    OP_END,
    OP_JOIN,
    OP_DETACH,
    OP_CANCEL,
    OP_EXIT,
    OP_LOCK,
    OP_TRYLOCK,
    OP_UNLOCK,
    OP_RDLOCK,
    OP_WRLOCK,
    OP_RWUNLOCK,
    OP_SPIN_LOCK,
    OP_SPIN_UNLOCK,
    OP_WAIT,
    OP_WOKEN,
    OP_SIGNAL,
    OP_BROADCAST,
    OP_SEM_WAIT,
    OP_SEM_POST,
    OP_BARRIER,
    OP_ONCE,
    OP_MALLOC,
    OP_FREE,
    OP_YIELD,
    OP_SLEEP,
    OP_IO_READ,
    OP_IO_WRITE,
    OP_IO_WAIT,
    OP_INIT,
    OP_DESTROY,
    OP_FAIL,
    OP_KIND_COUNT
};
const char *op_name(enum op_kind kind);

struct thread;

// Why a thread goes on after run_point().
enum wake {
    WAKE_READY,    // its operation is possible
    WAKE_TIMEOUT,  // its deadline has passed
    WAKE_SPURIOUS, // for no reason, as POSIX allows
    WAKE_CANCEL,   // it was cancelled at a cancellation point
};

struct op {
    enum op_kind kind;
    const void *object; // what it is done to, or NULL
    const void *pc;     // the return address of the call
    unsigned size;
    // Whether it is possible now; NULL: always.
    bool (*ready)(struct thread *, const struct op *);
    int64_t deadline; // of the virtual clock, ns; 0 or NEVER: without
    uint64_t extra;   // for `ready`
    bool is_cancellation_point;
    bool may_wake_early; // spuriously
    bool is_read;        // does not conflict with other reads
};

struct frame {
    const void *caller;   // where it was called from
    const void *function; // an address in it
    const char *base;     // its frame pointer
};

struct held {
    const void *object;
    enum op_kind op;
    unsigned step;
};

struct thread {
    unsigned id;
    int turn; // futex: 1 if it may run
    bool exists, done, detached, joined;
    unsigned long handle; // pthread_t
    void *(*start)(void *);
    void *argument, *result;
    struct thread *parent;
    unsigned created_at;
    const void *created_stack[STACK_SHOWN];

    struct op op; // what it will do next
    enum wake wake;
    unsigned points;  // of its own so far
    bool was_blocked; // it had to wait before the present operation
    bool preempted;

    struct clock clock;         // what it knows
    struct clock seen;          // stores that a seq_cst fence showed it
    struct clock release_fence; // its past at its last release fence
    struct clock acquire_fence; // what its next acquire fence will show it
    bool has_release_fence;

    // A plain store has been announced; its value is known at the next event.
    const void *writing;
    unsigned writing_size, writing_step;
    uint64_t writing_before;

    // To tell waiting in a loop from progress.
    uint32_t recent[64];
    unsigned repeats;
    uint64_t spinning_since; // run.news when it began to spin; 0: it does not
    unsigned spun;           // points since all did nothing but spin
    bool yields;             // it asked to let others go first

    bool signalled; // of a condition variable
    const void *waits_on;
    uint64_t wait_ticket;
    bool cancel_pending, cancel_disabled, cancelled;
    void *specific[64];

    uint64_t priority; // the strategy's
    unsigned held_count;
    struct held held[32];
    unsigned depth;
    struct frame frames[FRAMES_MAX];
};

// What a scenario's end is, in the order of output.h's kinds.
enum result_kind {
    RESULT_NONE, // it passed
    RESULT_DATA_RACE,
    RESULT_DEADLOCK,
    RESULT_LOST_WAKEUP,
    RESULT_LIVELOCK,
    RESULT_BUSY_WAIT,
    RESULT_BROKEN_INVARIANT,
    RESULT_WRONG_RESULT,
    RESULT_CRASH,
    RESULT_MEMORY_ERROR,
    RESULT_API_MISUSE,
    RESULT_INCONCLUSIVE, // the explorer gave up
    RESULT_DIED,         // the process ended behind our back
};
const char *result_name(enum result_kind kind);

// What is not controlled, as bits of result.uncontrolled.
enum uncontrolled {
    UNCONTROLLED_FORK = 1 << 0,
    UNCONTROLLED_SOCKET = 1 << 1,
    UNCONTROLLED_CLONE = 1 << 2,
    UNCONTROLLED_SIGNAL = 1 << 3,
    UNCONTROLLED_ENTROPY = 1 << 4,
    UNCONTROLLED_FILE = 1 << 5,
    UNCONTROLLED_ASYNC_CANCEL = 1 << 6,
    UNCONTROLLED_JUMP = 1 << 7,
};

// What a program uses, so that later schedules vary it.
enum feature {
    USES_WEAK_LOADS = 1 << 0,
    USES_TIME = 1 << 1,
    USES_CONDITIONS = 1 << 2,
    USES_TRYLOCK = 1 << 3,
    USES_CHOICE = 1 << 4,
};

struct run {
    bool active;
    bool ignore_races;
    bool tracing;
    unsigned thread_count;
    struct thread *threads[THREADS_MAX];
    struct thread *current;
    unsigned points;
    unsigned steps; // events
    int64_t now;    // virtual time, ns since 1970
    int64_t start;
    uint64_t hash; // of all events
    uint64_t news; // counts what is new: see run_progress()
    unsigned surprises;
    struct clock sc; // what seq_cst fences have seen
};
extern struct run run;

static inline struct thread *run_self(void) {
    return run.current;
}

// --- Steps -------------------------------------------------------------------

// Before an operation: lets the strategy choose; returns when it is the calling
// thread's turn, and its operation possible (or given up: see enum wake).
enum wake run_point(const struct op *op);
// Shorthand: an operation that is always possible.
void run_step(enum op_kind kind, const void *object, const void *pc);
// One of COUNT possibilities, by the strategy; 0 is the plain one.
unsigned run_choose(unsigned count, bool is_surprise);
// The calling thread is done; never returns to the program's code.
void run_leave(struct thread *thread);
// A new thread's first wait for its turn.
void run_wait_turn(struct thread *thread);
void run_begin_thread(struct thread *thread);

// The thread's own time advances: what it did before is now published.
void run_tick(struct thread *thread);

// What a thread does is news to others unless it did the same a moment ago.
void run_progress(struct thread *thread, const void *object, uint64_t value,
                  bool is_write);

// What THREAD announced to store has been stored by now.
void run_settle(struct thread *thread);

// --- The end of a schedule
// -----------------------------------------------------

// Ends it with a failure; FORMAT as in output.h's "message".
_Noreturn void run_fail(enum result_kind kind, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
_Noreturn void run_fail_at(enum result_kind kind, const char *file, int line,
                           const char *format, ...)
    __attribute__((format(printf, 4, 5)));
// A misuse is reported if nothing worse comes of it.
void run_misuse(const char *what);
_Noreturn void run_give_up(const char *why);
_Noreturn void run_finish(void);
// The program ended with STATUS.
_Noreturn void run_exit(int status);
void run_uncontrolled(enum uncontrolled what);
void run_uses(enum feature feature);

// --- Events, for the trace
// ------------------------------------------------------

struct event {
    unsigned step;
    unsigned char kind, note, order, has_value;
    unsigned char preempted, blocked, depth, has_block;
    short thread, other, frame_thread;
    int result;
    unsigned size;
    const void *object;
    uint64_t value, before;
    const void *stack[STACK_SHOWN];
    const void *frame_function;
    long frame_offset;
    const void *block;
    size_t block_size;
    unsigned block_number;
    const void *block_stack[4];
};
enum {
    NOTE_NONE,
    NOTE_LOST,
    NOTE_STALE,
    NOTE_SPURIOUS,
    NOTE_TIMEOUT,
    NOTE_WOKEN,
    NOTE_EARLY
};

// Counts an event of the running thread and returns where to add to it: a
// scratch event if nobody traces. PC is that of the call.
struct event *run_event(enum op_kind kind, const void *object, const void *pc);
// The calls the thread is in, innermost first, after PC.
unsigned run_stack(const struct thread *thread, const void *pc,
                   const void **stack, unsigned most);

#define PC __builtin_return_address(0)
