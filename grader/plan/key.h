// SPDX-License-Identifier: MIT
// The key of a job: the SHA-256 of everything that decides its outcome, so that
// a saved outcome can be used exactly when nothing has changed.
#pragma once

#include <glib.h>

#include "model/job.h"

// Remembers the checksums of files within one plan. Free with g_hash_table.
GHashTable *key_memo_new(void);

// Sets job->key. The keys of the jobs that it takes files from must be set.
// False if an input cannot be read.
bool key_set(struct job *job, const char *tools, GHashTable *memo,
             GError **error);
