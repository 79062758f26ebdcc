// SPDX-License-Identifier: MIT
// What `lockstep grade` says at its end, for people: a card for each answer
// that needs words, then a table of all, then one line that counts.
#pragma once

#include <glib.h>

#include "model/verdict.h"
#include "report/style.h"

// VERDICTS: of struct verdict *, in the workbook's order. WALL_MS: how long the
// user has waited.
void terminal_write(GString *out, const struct style *style,
                    const GPtrArray *verdicts, int64_t wall_ms);

// "bank_global  4.2  ✓ ✓ ✗ …": the table alone, with its heading.
void terminal_write_table(GString *out, const struct style *style,
                          const GPtrArray *verdicts);
