// SPDX-License-Identifier: MIT
// The folder in which a run lays out what its jobs need, and where they work.
//
//  1. scratch_new() makes it, in $TMPDIR or /tmp, and removes what earlier runs
//     left that were killed.
//  2. scratch_make_box() makes a job's folder with its inputs;
//     scratch_remove_box() removes it when nobody needs its outputs any more.
//  3. scratch_free() removes all of it.
//
// Nothing that is no regular file is ever followed, copied or read: a symbolic
// link, a FIFO or a device in its place is an error.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#include "model/job.h"

struct scratch;

struct scratch *scratch_new(GError **error);
void scratch_free(struct scratch *scratch);

// The folder with `hosts` and `nsswitch.conf` for box_command().
const char *scratch_etc(const struct scratch *scratch);

// Where outputs of the job FROM lie: its folder, or NULL if there is none.
typedef const char *(*scratch_find)(const struct job *from, void *data);

// Makes JOB's folder and fills it. OWNER is the user who will run it, 0 if that
// is we. The path is the caller's. A full disk is an error that says so.
char *scratch_make_box(struct scratch *scratch, const struct job *job,
                       uid_t owner, scratch_find find, void *data,
                       GError **error);
void scratch_remove_box(struct scratch *scratch, const char *folder);

// The first MAX bytes of the regular file NAME below FOLDER as UTF-8, or NULL
// if there is none.
char *scratch_read(const char *folder, const char *name, gsize max);

// Whether the file system of the scratch folder has no room left.
bool scratch_is_full(const struct scratch *scratch);

typedef struct scratch scratch_auto;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(scratch_auto, scratch_free)
