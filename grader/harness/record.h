// SPDX-License-Identifier: MIT
// Sends records to the grader (record_types.h has their layout). Without a
// grader, that is when descriptor 3 is no socket, they are printed for a
// person instead: a suite can be run by hand.
#pragma once

#include <stdint.h>

#include "harness/record_types.h"

enum { RECORD_FD = 3 };

// Looks at descriptor 3; first call of a program.
void record_open(void);
// What the following records are about. TEST -1: no test.
void record_set_test(int test, uint64_t token);
// Sends one record of `count` fields; a NULL field is sent empty. Cuts the
// longest field where the whole would not fit into RECORD_MAX.
void record_send_fields(enum record_type type, const char *const *fields,
                        int count);
#define record_send(type, ...)                                                 \
    record_send_fields(                                                        \
        type, (const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL},          \
        (int)(sizeof((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL}) / \
              sizeof(char *)) -                                                \
            1)
