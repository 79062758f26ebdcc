// SPDX-License-Identifier: MIT
// Vector clocks: how much of every thread's past is known somewhere.
// Method: Flanagan and Freund, FastTrack, PLDI 2009.
#pragma once

#include <stdbool.h>

struct clock {
    unsigned count;  // entries at hand; those beyond are 0
    unsigned *times; // by thread; from room_take(), never given back
};

static inline unsigned clock_at(const struct clock *clock, unsigned thread) {
    return thread < clock->count ? clock->times[thread] : 0;
}

void clock_set(struct clock *clock, unsigned thread, unsigned time);
void clock_join(struct clock *into, const struct clock *from);
void clock_copy(struct clock *into, const struct clock *from);
void clock_clear(struct clock *clock);
