// SPDX-License-Identifier: MIT
// The commands of lockstep: one file and one row of the table each.
//
//  1. main() finds the row by the first word of the command line and loads the
//     book.
//  2. run() gets the words from the command's name on (argv[0] is that name),
//     writes to `out`, and returns the exit status.
//
// Commands print; nothing below them does. They print complaints about their
// arguments to stderr, with cmd_usage().
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

#include "model/exercise.h"

enum exit_status {
    EXIT_OK = 0,      // nothing failed; an untouched stub is no failure
    EXIT_FAILED = 1,  // an answer failed or was blocked
    EXIT_USAGE = 2,   // the command line is wrong
    EXIT_TROUBLE = 3, // the grader's own trouble
};

enum color_choice {
    COLOR_AUTO = -1, // if `out` is a terminal and NO_COLOR is not set
    COLOR_NEVER = 0,
    COLOR_ALWAYS = 1,
};

struct cmd_context {
    const struct book *book; // the working directory is its root; NULL: the
                             // command works anywhere, and is where it began
    FILE *out;
    int color;               // 0 or 1: decided by main()
    const char *came_from;   // where the user called lockstep: absolute;
                             // relative file names mean files there
};

struct command {
    const char *name;
    const char *usage;   // what follows the name: "[ID|CHAPTER …]"
    const char *summary; // one line for --help
    int (*run)(struct cmd_context *context, int argc, char **argv);
    bool anywhere;       // needs no workbook around it
};

// Ends with NULL.
extern const struct command *const commands[];

extern const struct command cmd_grade;
extern const struct command cmd_list;
extern const struct command cmd_next;
extern const struct command cmd_hint;
extern const struct command cmd_reset;
extern const struct command cmd_explain;
extern const struct command cmd_doctor;
extern const struct command cmd_verify;
extern const struct command cmd_explore;
extern const struct command cmd_replay;
extern const struct command cmd_name;

// Reads the options of COMMAND (and --color and --help, which every command
// has) and takes them out of ARGC and ARGV; what is left is argv[0] and the
// arguments. ENTRIES may be NULL. Sets context->color. False after a complaint:
// return EXIT_USAGE then. --help prints and exits.
bool cmd_parse(struct cmd_context *context, const struct command *command,
               int *argc, char ***argv, const GOptionEntry *entries);

// Says what is wrong with the arguments of COMMAND and how it is called.
// Returns EXIT_USAGE.
int cmd_usage(const struct command *command, const char *format, ...)
    G_GNUC_PRINTF(2, 3);

// Prints the error and returns EXIT_TROUBLE.
int cmd_trouble(const GError *error);

// The exercise called ID; NULL after saying which ids there are.
const struct exercise *cmd_find(const struct command *command,
                                const struct book *book, const char *id);

// The one exercise that the arguments name; NULL after a complaint.
const struct exercise *cmd_only_exercise(const struct command *command,
                                         const struct book *book, int argc,
                                         char **argv);

// The map of the workbook, or of the chapter with that number (0: all).
void cmd_print_map(const struct cmd_context *context, int chapter);
