// SPDX-License-Identifier: MIT
// Which functions of the system an answer may use, in groups, and why it may
// not use some. Tables only: lint.h applies them.
//
// Groups "c" and "threads" are open to every answer; "processes", "sockets",
// "curl" and "contexts" only where chapter.ini names them (`allow`).
#pragma once

#include <glib.h>
#include <stdbool.h>

// True if NAME, an undefined symbol of the answer's object, may be used by an
// answer to which the groups ALLOW (NULL-terminated) are open.
bool symbols_allowed(const char *name, const char *const *allow);

// Why NAME is refused, to follow "`NAME` …": "ends the whole process …". If
// another group would allow it, it says that this exercise does without. NULL
// if the tables do not know NAME. Static text.
const char *symbols_reason(const char *name);

// Whether the answer must not define NAME itself: it is a function of the
// system or of a tool.
bool symbols_reserved(const char *name);

// Whether CHAPTER.INI may name GROUP.
bool symbols_is_group(const char *group);
