// SPDX-License-Identifier: MIT
// The command lines that make a program run under the schedule explorer and
// run it: for `lockstep explore`, where the program is anybody's.
#pragma once

#include <glib.h>

struct exploring {
    const char *home;   // where the workbook is: absolute
    const char *folder; // for what is made: absolute
    GStrv files;        // the sources, as the user named them
    GStrv compile;      // the user's -I, -D, -std … options
    GStrv link;         // the user's -l and -L options
    GStrv options;      // of the run: "--schedules", "100" …
    GStrv arguments;    // of the program
};

// Each is an argv that the caller frees. Compile and link in the folder in
// which the user's names mean something; the files need not be there.
GStrv exploring_compile(const struct exploring *exploring, guint file);
GStrv exploring_link(const struct exploring *exploring);
GStrv exploring_run(const struct exploring *exploring);

// Where the run writes its lines, and the program itself.
char *exploring_output(const struct exploring *exploring);
char *exploring_program(const struct exploring *exploring);
