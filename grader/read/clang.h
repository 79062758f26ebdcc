// SPDX-License-Identifier: MIT
// Reads the diagnostics of clang 14, with or without carets, without colours
// (-fno-color-diagnostics; nothing else is needed):
//
//     bank_global.c:13:6: error: incomplete definition of type 'struct bank'
//
// Errors become build-error findings: the first 3, since later ones are often
// only their echo; common ones are said in a learner's words. Warnings about
// the answer's file become advice: at most 5, -Wthread-safety and what is most
// likely a bug first. Messages of the linker become build-error too.
#pragma once

#include <glib.h>

#include "read/context.h"

// Appends to FINDINGS (of struct finding) what TEXT says; nothing if there is
// no diagnostic in it.
void clang_read(const struct read_context *context, const char *text,
                GPtrArray *findings);
