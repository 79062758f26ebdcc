// SPDX-License-Identifier: MIT
// RECORD_WAITING as structs: the threads of a test that hangs, and who holds
// what (see harness/record_types.h for the fields).
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "read/context.h"

// A location field, "function|file|line|column".
struct location {
    char *function; // "" unknown
    char *file;     // "" unknown
    int line;       // 0 unknown
    int column;
    bool is_answer; // it lies in the answer's file
};

struct held {
    char *key;
    struct location where;
};

struct waiter {
    char *name;     // "T1", "main thread", "child 2"
    char *function; // its start function, or ""
    char *does;     // "lock", "cond", "running" …
    char *key;      // what it waits for; for a join the other's name; ""
    char *detail;
    struct location born;
    struct location where;
    GPtrArray *locks; // of struct held
};

// Reads "function|file|line|column"; missing parts are empty.
void location_parse(const struct read_context *context, const char *field,
                    struct location *location);
void location_release(struct location *location);

// RECORDS: const struct record *. Of struct waiter; at most 300. Owned by the
// caller. A record with too few fields is left out.
GPtrArray *waiters_new(const struct read_context *context,
                       const GPtrArray *records);

// The waiter that holds KEY, or NULL; *HELD (may be NULL) is where it took it.
// One that is not SELF is preferred.
const struct waiter *waiters_holder(const GPtrArray *waiters, const char *key,
                                    const struct waiter *self,
                                    const struct held **held);
const struct waiter *waiters_find(const GPtrArray *waiters, const char *name);
const struct held *waiter_holds(const struct waiter *waiter, const char *key);

// True if it waits in a mutex, read-write lock or spin lock.
bool waiter_wants_lock(const struct waiter *waiter);
// True if it is at work (or asleep for a time): something may still happen.
bool waiter_runs(const struct waiter *waiter);
// True if it is a process that has ended and was not waited for.
bool waiter_is_zombie(const struct waiter *waiter);

// The learner's words for what stands at LOCATION: the argument of a call whose
// name contains CALL, in backticks; OTHERWISE if unknown. The caller frees it.
char *location_object(const struct read_context *context,
                      const struct location *location, const char *call,
                      const char *otherwise);
// "at line 31", "in the test's code", "". The caller frees it.
char *location_words(const struct location *location);
void location_add_place(struct finding *finding,
                        const struct location *location, const char *thread,
                        const char *role);
