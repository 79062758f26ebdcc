// SPDX-License-Identifier: MIT
// What there is to solve: one exercise of the workbook, as chapter.ini and the
// files beside it describe it. book/ makes these; everybody else reads them.
#pragma once

#include <glib.h>

#include "model/stage.h"

struct chapter {
    int number;          // 4
    char *folder;        // "04-thread-safety"
    char *title;         // "Thread safety"
    GPtrArray *exercises; // of struct exercise, in order; owned
};

struct exercise {
    const struct chapter *chapter; // not owned
    int number;                    // the 2 of 4.2
    char *id;                      // "bank_global": unique in the workbook
    char *title;                   // one line for people
    int stars;                     // difficulty, 1..5
    int minutes;                   // for someone who has read the chapter
    GStrv needs;                   // ids to solve first; may be empty
    bool stages[STAGE_COUNT];      // which stages judge it
    bool memcheck;                 // stage memory also runs valgrind memcheck
    GStrv api;                     // functions the answer must define
    GStrv allow;                   // groups of symbols allowed beyond "c" and
                                   // "threads" (judge of names: read/lint)
    GStrv libs;                    // libraries to link: "curl", "m"

    // Paths, relative to the workbook's root.
    char *answer;   // exercises/04-…/bank_global.c, the learner's file
    char *header;   // exercises/04-…/.hidden/bank_global.h, pristine
    char *visible_header; // exercises/04-…/bank_global.h, what learners see
    char *stub;     // exercises/04-…/.hidden/bank_global.stub.c
    char *suite;    // exercises/04-…/.hidden/bank_global_suite.c
    char *hints;    // exercises/04-…/.hidden/bank_global.hints.md
    char *task;     // exercises/04-…/bank_global.md
    char *solution; // solutions/04-…/bank_global.c
    char *solution_text; // solutions/04-…/bank_global.md
    char *variants; // tests/variants/04-…/bank_global
};

// The whole workbook. Owns its chapters and their exercises.
struct book {
    char *root;          // absolute path of the checkout
    GPtrArray *chapters; // of struct chapter, in order
};

void exercise_free(struct exercise *exercise);
void chapter_free(struct chapter *chapter);
void book_free(struct book *book);

// The exercise called ID, or NULL. Owned by the book.
const struct exercise *book_find(const struct book *book, const char *id);


typedef struct book book_auto;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(book_auto, book_free)
