// SPDX-License-Identifier: MIT
// One execution under a chosen schedule, step by step, with every object and
// every place named: what the schedule explorer found, as stories, steppers and
// files tell it.
//
// A trace owns all its strings in one chunk, in which equal strings are the
// same pointer. Names of objects are unique in a trace, so two steps are about
// one object if and only if their `object` pointers are equal.
//
//  1. trace_new(); a reader fills it, with trace_text() for every string.
//  2. trace_add_source() for each line of code that it mentions, so that a
//     trace can be shown where the program's source is not.
//  3. trace_free().
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

// What a step does. The names are those of the trace format: trace_op_name().
enum trace_op {
    TRACE_READ,
    TRACE_WRITE,
    TRACE_UPDATE, // plain read and write in one, such as memcpy onto itself
    TRACE_ATOMIC_LOAD,
    TRACE_ATOMIC_STORE,
    TRACE_ATOMIC_UPDATE,
    TRACE_FENCE,
    TRACE_CREATE,
    TRACE_START,
    TRACE_END,
    TRACE_JOIN,
    TRACE_DETACH,
    TRACE_CANCEL,
    TRACE_EXIT,
    TRACE_LOCK,
    TRACE_TRYLOCK,
    TRACE_UNLOCK,
    TRACE_RDLOCK,
    TRACE_WRLOCK,
    TRACE_RWUNLOCK,
    TRACE_SPIN_LOCK,
    TRACE_SPIN_UNLOCK,
    TRACE_WAIT,  // gives the mutex back and begins to wait
    TRACE_WOKEN, // goes on, with the mutex
    TRACE_SIGNAL,
    TRACE_BROADCAST,
    TRACE_SEM_WAIT,
    TRACE_SEM_POST,
    TRACE_BARRIER,
    TRACE_ONCE,
    TRACE_MALLOC,
    TRACE_FREE,
    TRACE_YIELD,
    TRACE_SLEEP,
    TRACE_IO_READ,
    TRACE_IO_WRITE,
    TRACE_IO_WAIT,
    TRACE_INIT,
    TRACE_DESTROY,
    TRACE_FAIL,  // the assertion, the signal, the wrong exit status
    TRACE_OTHER, // one that this version does not know
    TRACE_OP_COUNT
};

// One spot in the source, or in a function without source (file NULL).
struct trace_frame {
    const char *function; // NULL: unknown
    const char *file;     // NULL: unknown
    int line;             // from 1; 0 unknown
};

// The frames of a call, innermost first.
struct trace_stack {
    struct trace_frame *frames; // owned
    guint count;
};

struct trace_thread {
    int id;                   // 0 is the main thread
    const char *name;         // "main", "T1"
    const char *function;     // that it runs; NULL: unknown or main
    int parent;               // id of its creator; -1: none
    int created;              // step of its creation; -1: none
    struct trace_frame where; // of its creation
};

struct trace_object {
    const char *name;  // "accounts[2].lock"
    const char *about; // "allocated in make_queue, q.c:12"; NULL: none needed
};

struct trace_event {
    int step;   // as numbered by the explorer: growing, with gaps
    int thread; // id
    enum trace_op op;
    const char *object; // name, or NULL
    const char *value;  // read, written or returned: "5", "NULL", "'x'"
    const char *before; // of a write or update: the value replaced
    const char *order;  // of an atomic operation: "relaxed"; NULL: none
    const char *note;   // "lost", "stale", "woken 2" …; NULL: none
    int other;          // thread created, joined, cancelled, signalled; -1
    int result;         // errno value returned; 0: success
    bool preempted;     // another ran before this one though this one could
    bool blocked;       // it had to wait before it could do this
    struct trace_stack stack;
};

// A lock held at the end.
struct trace_held {
    int thread;
    enum trace_op op; // how it was taken
    const char *object;
    int step; // when
};

// What a thread that cannot go on waits for.
struct trace_waiting {
    int thread;
    enum trace_op op;
    const char *object; // NULL for a join
    int other;          // the thread joined; -1: none
    GArray *holders;    // of int: threads that hold the object; owned
    struct trace_stack stack;
};

struct trace_source {
    const char *file;
    int line;
    const char *text; // without its end
};

struct trace {
    GStringChunk *strings;

    const char *scenario; // NULL: the whole program
    uint64_t seed;
    int budget; // schedules that might be tried

    bool finished; // the result is there: nothing was cut off
    bool found;
    const char *kind;    // "deadlock", as findings are called; NULL
    const char *message; // the program's own words; ""
    const char *file;    // of the assertion; NULL
    int line;
    int schedule; // number of the failing one, from 1
    const char *strategy;
    int preemptions; // left after shrinking; -1 unknown
    int steps;

    int schedules_run;
    bool complete; // the exhaustive search came to its end
    int bound;     // with so many preemptions; -1: with any number
    int64_t interleavings;
    const char *inconclusive; // why there is no verdict; NULL
    GPtrArray *uncontrolled;  // of const char *

    GPtrArray *threads; // of struct trace_thread, main first
    GPtrArray *objects; // of struct trace_object, as they first appear
    GPtrArray *events;  // of struct trace_event, by step
    GPtrArray *held;    // of struct trace_held
    GPtrArray *waiting; // of struct trace_waiting
    GPtrArray *sources; // of struct trace_source, by file and line

    int race_first, race_second; // steps; -1: none
    const char *memory;          // "use-after-free" …; NULL: none
    int allocated, freed, used;  // steps; -1: none
    const char *misuse;          // "unlock-not-owner" …; NULL: none
    int misuse_step;
};

struct trace *trace_new(void);
void trace_free(struct trace *trace);

// TEXT as a string of the trace; NULL stays NULL.
const char *trace_text(struct trace *trace, const char *text);

// Each appends an empty one, with -1 for every thread and step, and returns it.
struct trace_thread *trace_add_thread(struct trace *trace, int id);
struct trace_event *trace_add_event(struct trace *trace, int step);
struct trace_waiting *trace_add_waiting(struct trace *trace, int thread);
struct trace_held *trace_add_held(struct trace *trace, int thread);
// Does nothing if the object is there already.
void trace_add_object(struct trace *trace, const char *name, const char *about);
// Does nothing if the line is there already.
void trace_add_source(struct trace *trace, const char *file, int line,
                      const char *text);

// NULL where there is none.
const struct trace_thread *trace_thread(const struct trace *trace, int id);
const struct trace_event *trace_event_at(const struct trace *trace, int step);
const struct trace_object *trace_object(const struct trace *trace,
                                        const char *name);
const char *trace_line(const struct trace *trace, const char *file, int line);

// "T1", "main", or "T?" for a thread that was never announced.
const char *trace_thread_name(const struct trace *trace, int id);

// The innermost frame with a line, or one that is all empty.
struct trace_frame trace_stack_place(const struct trace_stack *stack);

const char *trace_op_name(enum trace_op op);
// TRACE_OTHER if NAME is none.
enum trace_op trace_op_from_name(const char *name);

// Whether the operation takes a lock of any sort, or gives one back.
bool trace_op_takes(enum trace_op op);
bool trace_op_gives(enum trace_op op);
// Whether it reads, or writes, memory.
bool trace_op_reads(enum trace_op op);
bool trace_op_writes(enum trace_op op);

typedef struct trace trace_auto;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(trace_auto, trace_free)
