// SPDX-License-Identifier: MIT
// Runs commands that the user could have typed: no sandbox, the user's own
// environment, no saved outcomes; and a folder for what they make, which is
// gone afterwards, whatever happens.
//
//  1. workshop_new() makes the folder. From now on SIGINT, SIGTERM and SIGHUP
//     no longer end this process: they end what runs.
//  2. workshop_run() runs some commands and returns when all have ended.
//  3. workshop_free() removes the folder.
#pragma once

#include <glib.h>
#include <stdbool.h>

struct workshop;

// What one command did.
struct command_result {
    int status;   // its exit status; 128 + the number of a signal
    char *output; // stdout and stderr, the first 256 KiB; valid UTF-8
};

struct workshop *workshop_new(GError **error);
void workshop_free(struct workshop *workshop);

const char *workshop_folder(const struct workshop *workshop);

// Runs COUNT commands in FOLDER, some at once, standard input empty. RESULTS
// gets one result each, released by command_result_release(). False if one
// could not be started (ERROR is set) or a signal came (it is
// G_IO_ERROR_CANCELLED); nothing is left running then, and there are no
// results.
bool workshop_run(struct workshop *workshop, const char *folder,
                  GStrv const *argvs, guint count,
                  struct command_result *results, GError **error);
void command_result_release(struct command_result *result);

typedef struct workshop workshop_auto;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(workshop_auto, workshop_free)
