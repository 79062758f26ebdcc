// SPDX-License-Identifier: MIT
// A trace, step by step: what each thread does, where it does it, which locks
// it holds and what it waits for.
//
//  - stepper_write() gives all steps at once, for files and pipes;
//  - stepper_run() shows them on a terminal of any size from 40x10 on, with
//    ncurses, and gives the terminal back as it was, on Ctrl-C too.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

#include "model/trace.h"
#include "report/style.h"

void stepper_write(GString *out, const struct style *style,
                   const struct trace *trace);

// Returns when the user has left it. False if INPUT and OUTPUT are no terminal
// that it could use; nothing was shown then.
bool stepper_run(FILE *input, FILE *output, const struct style *style,
                 const struct trace *trace);
