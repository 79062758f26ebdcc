// SPDX-License-Identifier: MIT
// The verdicts as JUnit XML that both kinds of readers take: those that follow
// the common form, and those that check it against the schema of Ant's JUnit
// task (windyroad/JUnit-Schema): timestamps without a zone, properties,
// system-out and system-err always there and in that order, no attribute beyond
// the schema's, a type on every failure, text that is clean XML 1.0.
//
// An exercise is a test suite, a stage a test case. An undecided, blocked or
// untouched one is skipped; the grader's own trouble is an error.
#pragma once

#include <glib.h>

// VERDICTS: of struct verdict *. WHEN: when grading began; printed in its own
// zone. HOST: the machine's name; NULL or "" counts as "localhost".
void junit_write(GString *out, const GPtrArray *verdicts, GDateTime *when,
                 const char *host);
