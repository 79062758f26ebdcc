// SPDX-License-Identifier: MIT
#include "explore/clock.h"

#include <string.h>

#include "explore/room.h"

static void grow(struct clock *clock, unsigned count) {
    if (count <= clock->count)
        return;
    unsigned capacity = clock->count == 0 ? 8 : clock->count;
    while (capacity < count)
        capacity *= 2;
    unsigned *times = room_take(capacity * sizeof *times);
    if (clock->count > 0)
        memcpy(times, clock->times, clock->count * sizeof *times);
    clock->times = times;
    clock->count = capacity;
}

void clock_set(struct clock *clock, unsigned thread, unsigned time) {
    grow(clock, thread + 1);
    clock->times[thread] = time;
}

void clock_join(struct clock *into, const struct clock *from) {
    grow(into, from->count);
    for (unsigned i = 0; i < from->count; i++)
        if (into->times[i] < from->times[i])
            into->times[i] = from->times[i];
}

void clock_copy(struct clock *into, const struct clock *from) {
    clock_clear(into);
    clock_join(into, from);
}

void clock_clear(struct clock *clock) {
    if (clock->count > 0)
        memset(clock->times, 0, clock->count * sizeof *clock->times);
}
