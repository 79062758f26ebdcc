// SPDX-License-Identifier: MIT
// For hidden suites whose tests are tasks of a loop (lib/lp.h).
//
//  1. The suite defines `static void run(int (*body)(void *))`, which runs BODY
//     as the first task of a loop and checks what its tests have in common.
//  2. LOOP_TEST(name) { …; return 0; } in place of START_TEST and END_TEST.
#pragma once

#include <stdbool.h>

#include "harness/suite.h"
#include "lib/lp.h"

#define LOOP_TEST(name)                                                        \
    static int name##_body(void *unused);                                      \
    START_TEST(name) {                                                         \
        run(name##_body);                                                      \
    }                                                                          \
    END_TEST                                                                   \
    static int name##_body(void *unused __attribute__((unused)))

// Never NULL.
static inline lp_task *spawn(int (*fn)(void *), void *arg) {
    lp_task *task = lp_spawn(fn, arg);
    ck_assert_ptr_nonnull(task);
    return task;
}

// A task that ticks every 10 ms, as long as the loop goes on.
struct heartbeat {
    int ticks;
    bool over;
};

static inline int beats(void *arg) {
    for (struct heartbeat *heart = arg; !heart->over; heart->ticks++)
        lp_sleep(10);
    return 0;
}
