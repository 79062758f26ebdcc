// SPDX-License-Identifier: MIT
// The XML of valgrind 3.19 (docs/internals/xml-output-protocol4.txt of its
// sources) as plain structs. A text that ends early yields what was complete.
#pragma once

#include <glib.h>
#include <stdbool.h>

struct vg_frame {
    char *function; // NULL unknown
    char *file;     // base name; NULL unknown
    int line;       // 0 unknown
};

struct vg_stack {
    char *heading;     // the text before it: "Lock at 0x… was first observed"
    GPtrArray *frames; // of struct vg_frame, innermost first
};

struct vg_error {
    char *kind;        // "Race", "UnlockForeign", "UninitCondition" …
    char *what;        // the sentence
    GPtrArray *stacks; // of struct vg_stack; the first is where it happened
    GPtrArray *texts;  // of char *: auxiliary sentences, in order
    char *raw;         // its XML
};

struct vg_thread {
    int number;             // helgrind's: 1 is the main thread
    struct vg_stack *stack; // where it was created; NULL for the main thread
};

struct vg_report {
    GPtrArray *errors;  // of struct vg_error
    GPtrArray *threads; // of struct vg_thread
};

struct vg_report *vg_report_new(const char *text);
void vg_report_free(struct vg_report *report);

typedef struct vg_report vg_report_auto;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(vg_report_auto, vg_report_free)
