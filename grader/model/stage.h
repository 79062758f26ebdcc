// SPDX-License-Identifier: MIT
// What a learner's answer goes through, in the order in which it is shown.
// GRADING in docs/how-grading-works.md says what each stage decides.
#pragma once

#include <stdbool.h>

enum stage {
    STAGE_BUILD,     // compiles, promises kept, nothing forbidden
    STAGE_TESTS,     // hidden suite, -O2, no tool
    STAGE_MEMORY,    // the suite under ASan, UBSan, LSan (and memcheck)
    STAGE_RACES,     // the suite under ThreadSanitizer
    STAGE_LOCKS,     // the suite under helgrind
    STAGE_SCHEDULES, // chosen interleavings (the schedule explorer)
    STAGE_SPEED,     // measured against the reference
    STAGE_COUNT
};

// "build", "tests", …; never NULL.
const char *stage_name(enum stage stage);

// False if NAME is no stage; *STAGE is untouched then.
bool stage_from_name(const char *name, enum stage *stage);
