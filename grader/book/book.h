// SPDX-License-Identifier: MIT
// Reads the workbook: chapter.ini of every chapter.
//
//  1. book_find_root() walks up from a folder to the workbook that it is in.
//  2. book_load() reads it. Every mistake is an error that names the file, the
//     key, and what is allowed; nothing is guessed.
//
// The caller owns what is returned. docs/writing-exercises.md lists the keys.
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "model/exercise.h"

enum book_error {
    BOOK_ERROR_NO_ROOT, // not inside a workbook
    BOOK_ERROR_READ,    // a file cannot be read
    BOOK_ERROR_KEY,     // chapter.ini: a key is unknown, missing or duplicate
    BOOK_ERROR_VALUE,   // chapter.ini: a value is not allowed
    BOOK_ERROR_FILE,    // a file of an exercise is missing
};
#define BOOK_ERROR (book_error_quark())
GQuark book_error_quark(void);

// The nearest folder, from START upwards, that holds exercises/ and grader/;
// an absolute path, or NULL with an error.
char *book_find_root(const char *start, GError **error);

// Reads the workbook whose root is ROOT. Files are looked for there, but the
// paths in the book stay relative to the root. NULL with an error.
struct book *book_load(const char *root, GError **error);

// True if the files of EXERCISE that are not the learner's are there (pristine
// header, stub, suite, hints, task). The learner's answer may be missing.
bool book_check_files(const struct book *book, const struct exercise *exercise,
                      GError **error);
