// SPDX-License-Identifier: MIT
// What a learner reads about one answer that did not pass, or that passed with
// a remark: the main finding in at most 25 lines of 80 columns (from the
// headline to where the raw report lies), then one line for each other finding.
//
//   ✗ FAIL  4.2 bank_global  The safe bank: one lock around everything
//
//   Test     what the test demands
//   Found    data-race: what happened, in the learner's own names
//
//   the places, see quote.h
//
//   Why      why that is wrong
//   Next     what to look at next
//   Again    the command that shows it again
//   Explain  the command that explains this kind of finding
//   Report   where the tools' own words lie
//   Also     what else was found
//
// Where the places do not fit, they lose their surrounding lines first, then
// the quoted line, the last of them first.
#pragma once

#include <glib.h>

#include "model/verdict.h"
#include "report/style.h"

// Appends the card of VERDICT to OUT: whatever its value, there is a headline.
void card_write(GString *out, const struct style *style,
                const struct verdict *verdict);

// Whether the card says more than the final table does.
bool card_is_telling(const struct verdict *verdict);

// "✓", "✗", "–", "?", "!" or " "; "+", "x", "-", "?", "!" or " " without UTF-8.
const char *card_mark(const struct style *style, enum verdict_value value);
enum style_tone card_tone(enum verdict_value value);
