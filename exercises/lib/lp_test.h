// SPDX-License-Identifier: MIT
// What the hidden suites ask of the task loop, beyond lp.h.
#pragma once

struct lp_watch {
    // Nobody can ever go on: no task is ready, no sleep will end, no descriptor
    // is waited for. TASKS are still there. Does not return.
    void (*stuck)(int tasks);
    // STEPS turns were taken and the clock did not move. Does not return.
    void (*restless)(long steps);
    long most_steps; // at one moment of the clock; then restless() is called
};

// From now on the loops of this process have an imaginary clock that begins at
// 0, and are watched. *WATCH must stay there.
void lp_use_virtual_time(const struct lp_watch *watch);

// Turns that were given to tasks since the loop began.
long lp_steps(void);
