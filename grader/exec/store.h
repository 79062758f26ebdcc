// SPDX-License-Identifier: MIT
// Saved outcomes: one JSON file each, FOLDER/<first two digits>/<key>.json.
// The key is the hex SHA-256 of all that decides an outcome, so a file is never
// out of date; one that is damaged counts as not there. Several runs may use
// one folder at the same time.
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "model/outcome.h"

// The outcome saved under KEY, `cached` set, or NULL.
struct outcome *store_load(const char *folder, const char *key);

// Saves OUTCOME under KEY, all of it or nothing.
bool store_save(const char *folder, const char *key,
                const struct outcome *outcome, GError **error);

// Whether it would be the same the next time, so that saving it is right: not
// what the grader's own trouble, or a killer from outside, has made.
bool store_is_worth_saving(const struct outcome *outcome);

// The two directions, without files. The text is the caller's; NULL if TEXT is
// no outcome of this version.
char *store_to_json(const struct outcome *outcome);
struct outcome *store_from_json(const char *text, gssize size);
