// SPDX-License-Identifier: MIT
// Small helpers on text from outside: bounded, and clean for people to read.
#pragma once

#include <glib.h>
#include <stdbool.h>

// TEXT as valid UTF-8 without control characters (each becomes '?', a tab a
// blank), cut after MOST bytes with "…". Never NULL. The caller frees it.
char *text_printable(const char *text, size_t most);

// The same, but newlines stay: for a tool's report kept as evidence.
char *text_evidence(const char *text, size_t most);

// The lines of TEXT, at most 200,000. Never NULL. g_strfreev() it.
GStrv text_lines(const char *text);

// The first line of a block that starts at LINES[START], up to the next line
// for which STARTS is true (or the end): index after its last line.
guint text_block_end(GStrv lines, guint start, bool (*starts)(const char *));

// Lines START..END-1 joined by newlines. The caller frees it.
char *text_join(GStrv lines, guint start, guint end);

// What follows PREFIX in LINE, or NULL if LINE does not start with it.
const char *text_after(const char *line, const char *prefix);

// A number of things: "1 byte", "3 bytes". NOUN is the singular. The caller
// frees it.
char *text_count(long count, const char *noun);

// The name of a function of libc as the learner wrote it: without the
// "__interceptor_", "__asan_", "lk_" and "@@GLIBC_…" that tools and the harness
// add. The caller frees it.
char *text_function(const char *name);

// MESSAGE as a whole sentence: "main thread reads x" becomes "The main thread
// reads x.". What begins with a backtick keeps its case. Takes MESSAGE; the
// caller frees the result.
char *text_take_sentence(char *message);
