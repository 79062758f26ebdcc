// SPDX-License-Identifier: MIT
// What is the same for every finding of a kind: why it is wrong, and where to
// look next. One or two sentences each, for someone who meets the kind for the
// first time; docs/findings/<kind>.md has the long version.
//
// The judge fills these in where a reader left finding.why or finding.next NULL
// because it knew nothing more exact. explain_next() points; it never spells a
// fix out.
#pragma once

#include "model/finding.h"

// Never NULL. Static text, one line, no newline in it.
const char *explain_why(enum finding_kind kind);
const char *explain_next(enum finding_kind kind);
