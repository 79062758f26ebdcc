// SPDX-License-Identifier: MIT
#include "model/stage.h"

#include <string.h>

static const char *const names[STAGE_COUNT] = {
    [STAGE_BUILD] = "build",         [STAGE_TESTS] = "tests",
    [STAGE_MEMORY] = "memory",       [STAGE_RACES] = "races",
    [STAGE_LOCKS] = "locks",         [STAGE_SCHEDULES] = "schedules",
    [STAGE_SPEED] = "speed",
};

const char *stage_name(enum stage stage) {
    return names[stage];
}

bool stage_from_name(const char *name, enum stage *stage) {
    for (int i = 0; i < STAGE_COUNT; i++) {
        if (strcmp(names[i], name) == 0) {
            *stage = (enum stage)i;
            return true;
        }
    }
    return false;
}
