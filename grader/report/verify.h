// SPDX-License-Identifier: MIT
// The table of `lockstep verify`: does the workbook judge as it promises? The
// stub must fail, the solution and every right variant pass, every wrong
// variant fail with the kind that its first line names.
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/exercise.h"
#include "report/style.h"

enum verify_answer {
    VERIFY_MISSING, // there is no such file, or it was not asked for
    VERIFY_GOOD,    // judged as it should be
    VERIFY_BAD      // not
};

// One row. Embed it; strings in `complaints` are owned by the array.
struct verify_row {
    const struct exercise *exercise; // not owned
    enum verify_answer stub;         // good: refused, or counted as not started
    enum verify_answer solution;     // good: passed
    int right, right_total;          // right variants that passed
    int wrong, wrong_total;          // wrong ones refused with their kind, of
                                     // those that can be caught without
                                     // chosen schedules
    int waiting;                     // wrong ones marked `needs: schedules`,
                                     // not counted above
    int64_t wall_ms;
    GPtrArray *complaints; // of char *: "wrong/no_lock.c: expected data-race,
                           // found pass"; may be NULL
};

// ROWS: of struct verify_row *. Prints the complaints below the table.
void verify_write(GString *out, const struct style *style,
                  const GPtrArray *rows);
bool verify_row_is_good(const struct verify_row *row);
