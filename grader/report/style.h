// SPDX-License-Identifier: MIT
// What the place that a report goes to can show: its width, colours, and
// whether ✓ comes out as ✓.
//
//  1. The program calls setlocale(LC_CTYPE, "") at its start (LC_CTYPE alone,
//     so that numbers keep their decimal point).
//  2. style_init() looks at the stream once, or style_plain() fills in what
//     a file gets.
//  3. Every report is given the style and colours its text by style_append().
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdio.h>

enum style_colour {
    STYLE_COLOUR_AUTO,   // on a terminal, unless NO_COLOR is set or TERM=dumb
    STYLE_COLOUR_ALWAYS, // the user's word outranks NO_COLOR
    STYLE_COLOUR_NEVER
};

struct style {
    bool colour;
    bool unicode; // the locale is UTF-8
    int width;    // columns that text may fill, 40 to 100
};

// Meanings, not colours. Each is readable on light and on dark backgrounds, and
// none carries a meaning that the words beside it do not carry too.
enum style_tone { TONE_PLAIN, TONE_STRONG, TONE_GOOD, TONE_BAD, TONE_UNSURE };

void style_init(struct style *style, FILE *stream, enum style_colour when);

// 80 columns, UTF-8, no colour.
void style_plain(struct style *style);

// The width of the terminal behind STREAM within 40 to 100, or 80.
int style_width(FILE *stream);

void style_append(const struct style *style, GString *out, enum style_tone tone,
                  const char *text);
