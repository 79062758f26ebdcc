// SPDX-License-Identifier: MIT
// Refuses what has no place in an answer: what hides code from the tools, ends
// the test behind its back, or reaches where the grader cannot look. Every
// finding names the symbol, the line and the reason.
//
// Read are
//   - the preprocessed text (clang -E), its line markers kept. The lines of the
//     system's headers may be left out; those of the exercise's own headers
//     should stay (files named by a relative path): what they declare is
//     provided;
//   - `nm -P` of the plain object;
//   - the answer's source, for #line and _Pragma, which preprocessing hides.
//
// forbidden-symbol: assembler, attributes that are not known to be harmless,
// pragmas likewise, fences, machine-specific builtins, #line, headers from
// elsewhere, functions that symbols.h does not allow, definitions of functions
// of the system. build-error: a function of the header that is not defined.
// Any other helper function, static or not, is fine.
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "read/context.h"

// Appends to FINDINGS (of struct finding), at most 20. SYMBOLS may be NULL or
// "": then only the text is judged.
void lint_read(const struct read_context *context, const char *preprocessed,
               const char *symbols, GPtrArray *findings);
