// SPDX-License-Identifier: MIT
// What is known about a learner's answers without grading them: the last
// verdict of each exercise, and how many of its hints were shown. Kept in
// build/state/<id>.ini, so that `make clean` forgets it.
//
// A verdict counts only for the very bytes that it was given for: an answer
// that has been edited since is "changed".
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "model/exercise.h"
#include "model/verdict.h"

enum progress_state {
    PROGRESS_NOT_STARTED, // the answer is the stub, byte for byte
    PROGRESS_CHANGED,     // edited since it was last graded, or never graded
    PROGRESS_PASSED,
    PROGRESS_FAILED,
    PROGRESS_MISSING,     // there is no regular file to read
};

// Where EXERCISE stands now. Never fails: what cannot be read is MISSING or, if
// it is the record that cannot be read, CHANGED.
enum progress_state progress_state(const struct book *book,
                                   const struct exercise *exercise);

// "not started", "changed", "passed", "failed", "missing".
const char *progress_state_name(enum progress_state state);

// True if the file at PATH (absolute or relative to the working directory) is
// the untouched stub of EXERCISE.
bool progress_is_stub(const struct book *book, const struct exercise *exercise,
                      const char *path);

// The SHA-256 of the file in hex, owned by the caller; NULL if it cannot be
// read or is no regular file (a FIFO would block for ever).
char *progress_hash_file(const char *path);

// Keeps the verdict VALUE for the answer with that hash. Only PASS, FAIL and
// BLOCKED (kept as a failure) are kept; for others the last one stays.
bool progress_save(const struct book *book, const struct exercise *exercise,
                   enum verdict_value value, const char *answer_sha256,
                   GError **error);

// The exercise to do next: the first one begun and not passed, else of those
// not begun the easiest whose needs are passed; NULL if all are passed.
const struct exercise *progress_next(const struct book *book);

// How many hints of EXERCISE were shown so far.
int progress_hints(const struct book *book, const struct exercise *exercise);
bool progress_save_hints(const struct book *book,
                         const struct exercise *exercise, int shown,
                         GError **error);
