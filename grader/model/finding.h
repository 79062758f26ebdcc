// SPDX-License-Identifier: MIT
// One thing wrong with an answer, told so that its author can mend it.
//
// A reader (read/) makes findings out of an outcome; the judge (judge/) chooses
// the main one and adds what is the same for every finding of a kind; a report
// (report/) prints them. A finding owns everything in it.
#pragma once

#include <glib.h>

#include "model/stage.h"

// In the order in which the judge prefers them as the main finding: the cause
// before its effect. docs/findings/<name>.md explains each.
enum finding_kind {
    FINDING_BUILD_ERROR,
    FINDING_FORBIDDEN_SYMBOL,
    FINDING_MEMORY_ERROR,
    FINDING_UNINITIALISED_READ,
    FINDING_DATA_RACE,
    FINDING_API_MISUSE,
    FINDING_DEADLOCK,
    FINDING_LOST_WAKEUP,
    FINDING_LIVELOCK,
    FINDING_BROKEN_INVARIANT,
    FINDING_UNDEFINED_BEHAVIOUR,
    FINDING_CHILD_LEAK,
    FINDING_NO_OVERLAP,
    FINDING_BUSY_WAIT,
    FINDING_CRASH,
    FINDING_WRONG_RESULT,
    FINDING_HANG,
    FINDING_DID_NOT_FINISH,
    FINDING_THREAD_LEAK,
    FINDING_FD_LEAK,
    FINDING_MEMORY_LEAK,
    FINDING_RESOURCE_LIMIT,
    FINDING_CPU_COST,
    FINDING_TOO_SLOW,
    FINDING_ADVICE, // never fails anyone
    FINDING_KIND_COUNT
};

// One spot in the source.
struct place {
    char *file;     // as compiled: "bank_global.c", or the suite's name
    int line;       // from 1; 0 unknown
    int column;     // from 1; 0 unknown
    char *function; // the learner's function, or NULL
    char *thread;   // "T1", "main thread"; NULL if it does not matter
    char *role;     // what happens here: "writes `a->balance`, no lock held"
};

struct finding {
    enum finding_kind kind;
    enum stage stage;
    bool main;         // set by the judge on at most one of a verdict
    bool in_any_order; // of a chosen schedule: no order of steps is to blame
    char *test;        // what the test demands, one sentence; NULL outside one
    char *scene;       // what the test had set up; NULL if it speaks for itself
    char *message;     // what happened, one sentence, the learner's own names
    GPtrArray *places; // of struct place, the most telling first
    char *why;         // why that is wrong; NULL: the judge fills in the kind's
    char *next;        // what to look at next; NULL: likewise
    char *story;       // how it came about, step by step, for a terminal; NULL
    char *evidence;    // the tool's own words, raw; NULL if there are none
    char *again;       // the command that shows it again; filled by the judge
};

struct finding *finding_new(enum finding_kind kind, enum stage stage,
                            const char *format, ...) G_GNUC_PRINTF(3, 4);
// Appends a place. FUNCTION, THREAD and ROLE may be NULL. Returns it.
struct place *finding_add_place(struct finding *finding, const char *file,
                                int line, int column, const char *function,
                                const char *thread, const char *role);
void finding_free(struct finding *finding);

// "data-race" and back. False if NAME is no kind; *KIND is untouched then.
const char *finding_kind_name(enum finding_kind kind);
bool finding_kind_from_name(const char *name, enum finding_kind *kind);
