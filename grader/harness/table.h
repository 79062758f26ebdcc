// SPDX-License-Identifier: MIT
// What a program under test does, written down where its parent can read it:
// a MAP_SHARED table, so that a test that hangs can be explained from outside
// without its help.
//
// The redirected functions (redirect*.c) write, each thread only in its own
// slot; the runner (watch.c) and the workbench (lib/wb.c) read. Fields that
// another thread or process reads are atomics with relaxed or release order:
// the table is for telling, never for synchronising the program under test.
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/wb.h"

enum {
    TABLE_SLOTS = 2048,
    TABLE_HELD = 12,
    TABLE_GAUGES = 64,
    TABLE_TOOL_THREADS = 64,
    TABLE_TOOL_THREADS_KEPT = 8 // the first, which live as long as the test
};

// What a thread waits for. The names go into RECORD_WAITING.
enum wait_kind {
    WAIT_NOTHING,
    WAIT_LOCK,
    WAIT_COND,
    WAIT_SEM,
    WAIT_JOIN,
    WAIT_RWLOCK,
    WAIT_BARRIER,
    WAIT_GAUGE,
    WAIT_SPIN,
    WAIT_READ,
    WAIT_WRITE,
    WAIT_POLL,
    WAIT_CHILD,
    WAIT_SIGNAL,
    WAIT_SLEEP
};

struct held_lock {
    _Atomic uintptr_t object; // 0: empty
    _Atomic uintptr_t site;   // return address of the call that took it
};

struct slot {
    _Atomic int tid; // 0: slot is free
    _Atomic int pid;
    _Atomic int number;       // 0 main thread, else T<number>
    _Atomic int child;        // 0 in the test's process, else child <child>
    _Atomic bool ended;       // its start function has returned
    _Atomic bool settled;     // joined or detached: nobody's business any more
    _Atomic bool of_answer;   // created by a call in the learner's file
    _Atomic uintptr_t handle; // its pthread_t
    _Atomic uintptr_t start;  // its start function
    _Atomic uintptr_t born;   // return address of the call that created it
    _Atomic int wait;         // enum wait_kind
    _Atomic uintptr_t object; // what it waits for: address, handle or fd
    _Atomic uintptr_t site;   // return address of the call, kept afterwards
    struct held_lock held[TABLE_HELD];
};

struct gauge {
    _Atomic int used;
    _Atomic int want;
    _Atomic int inside;
    _Atomic int peak;
    _Atomic int entered;
    _Atomic int waiting;   // blocked in enter now
    _Atomic uint32_t open; // futex word: 0 closed, 1 opened or given up
};

struct fault {
    _Atomic int countdown; // the countdown-th call from now fails; 0: none,
                           // -1: all
    _Atomic bool happened;
};

struct table {
    _Atomic int slots_used; // slots[0 .. slots_used) have been in use
    _Atomic int threads_created;
    _Atomic int threads_live;
    _Atomic int threads_peak;
    _Atomic int children; // numbers given to forked children
    _Atomic int test_pid;
    _Atomic int runner_pid; // the test's parent; 0 unknown
    _Atomic bool alarms;    // the answer has set an alarm: time can wake it
    _Atomic bool canary;    // the canary's thread has made its access
    _Atomic bool done;      // the test has said DONE
    _Atomic int tool_threads[TABLE_TOOL_THREADS]; // tids not of the program
    _Atomic unsigned tool_thread_count;           // noted so far
    _Atomic long calls[WB_CALL_COUNT];
    struct fault faults[WB_CALL_COUNT];
    _Atomic int private_locks; // made in shared memory, for one process
    _Atomic int stray_signals; // sent to who was not there any more
    _Atomic bool interrupt;
    _Atomic unsigned interrupt_turns[WB_CALL_COUNT];
    _Atomic size_t short_io; // bytes; 0 none
    _Atomic long cut_ms;     // waits end after that; 0: they do not
    _Atomic int cuts;        // so many have
    struct gauge gauges[TABLE_GAUGES];
    struct slot slots[TABLE_SLOTS];
};

// Mapped by table_create() before the first fork; never NULL afterwards.
extern struct table *table;

void table_create(void);
void table_clear(void); // between two tests, by the runner

// The calling thread's slot; made on first use.
struct slot *table_self(void);
// A slot for a thread about to be created; NULL if all are taken.
struct slot *table_new_thread(uintptr_t start, uintptr_t born);
// Called first and last by a thread that has been given SLOT.
void table_thread_begins(struct slot *slot);
void table_thread_ends(struct slot *slot);
// Called in a forked child: its only thread gets a slot of its own.
void table_child_begins(void);
// Called where the program itself has one thread only: all others of this
// process are the tool's own. (TSan has one in each process that is forked.)
void table_note_tool_threads(void);
// The live slot with that handle in this process, or NULL.
struct slot *table_find_thread(pthread_t handle);

void table_take(struct slot *self, uintptr_t object, uintptr_t site);
void table_drop(struct slot *self, uintptr_t object);

// What wb_after_call() has ordered; NULL: nothing. A process's own, inherited.
extern void (*table_hooks[WB_CALL_COUNT])(long result);

// Between the two threads of the race canary: an order that ThreadSanitizer
// does not see. (Two accesses at the very same moment can escape it.)
void table_mark_canary(void);
void table_await_canary(void);

// True if ADDRESS lies in the learner's code.
bool table_is_answer(uintptr_t address);
