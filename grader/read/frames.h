// SPDX-License-Identifier: MIT
// Stack frames in the text of a sanitizer's report, as clang 14 prints them:
//
//     #1 use /box/free_race.c:13:5 (program+0xd01b9) (BuildId: …)      TSan
//     #1 0x55ff0f94b2ad in main /box/heap.c:44:9                       ASan
//     #0 malloc <null> (program+0x4fbf1)
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "read/context.h"

struct frame {
    char *function; // "" if unknown
    char *file;     // base name; NULL if unknown
    int line;       // 0 unknown
    int column;     // 0 unknown
};

void frame_release(struct frame *frame);

// True if LINE is a frame; *FRAME is filled then and the caller releases it.
bool frame_parse(const char *line, struct frame *frame);

// One stack: the frame of the answer that is nearest to what happened, and the
// function called from there, if the answer did not do it itself.
struct stack {
    struct frame answer; // file NULL: no frame is the answer's
    char *callee;        // "free", "pthread_mutex_lock"; NULL: none
    bool is_library;     // callee is libc's, a tool's or the harness's stand-in
                         // for one; false: the test's own function
    char *outer;         // the function of the first frame of all, or NULL
    guint depth;         // how many frames it has
};

void stack_release(struct stack *stack);

// Reads the frames from LINES[AT] on; AT is the line after the stack's heading.
// Returns the index after the last frame.
guint stack_read(const struct read_context *context, GStrv lines, guint at,
                 struct stack *stack);

static inline bool stack_is_answer(const struct stack *stack) {
    return stack->answer.file != NULL;
}

// Appends the stack's frame in the answer as a place. Nothing if it has none.
void stack_add_place(struct finding *finding, const struct stack *stack,
                     const char *thread, const char *role);
