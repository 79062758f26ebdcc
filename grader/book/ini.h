// SPDX-License-Identifier: MIT
// One group of a chapter.ini, read strictly: each getter either yields a value
// that is allowed or an error that names the file, the key and what is allowed.
//
// A getter returns false with the error set; its result is untouched then. A
// key that may be absent leaves the result as it was and is no error.
#pragma once

#include <glib.h>
#include <stdbool.h>

struct ini {
    GKeyFile *keys;    // not owned
    const char *path;  // for messages; not owned
    const char *group; // not owned
};

// True if every key of the group is in ALLOWED (ends with NULL).
bool ini_check_keys(const struct ini *ini, const char *const *allowed,
                    GError **error);

// A whole number from LOW to HIGH; must be there.
bool ini_get_number(const struct ini *ini, const char *key, int low, int high,
                    int *number, GError **error);

// Text that is not blank; must be there. Owned by the caller.
bool ini_get_text(const struct ini *ini, const char *key, char **text,
                  GError **error);

// "true" or "false"; may be absent.
bool ini_get_flag(const struct ini *ini, const char *key, bool *flag,
                  GError **error);

// Words between semicolons; absent is an empty list. Every word must be in
// ALLOWED (ends with NULL), or, if that is NULL, a C identifier. No word twice.
// *WORDS, owned by the caller, is never NULL after success.
bool ini_get_words(const struct ini *ini, const char *key,
                   const char *const *allowed, GStrv *words, GError **error);

// Sets an error about a value: "FILE, [GROUP] KEY = VALUE: " and the rest.
void ini_set_value_error(const struct ini *ini, const char *key, GError **error,
                         const char *format, ...) G_GNUC_PRINTF(4, 5);
