// SPDX-License-Identifier: MIT
// Sizes are unsigned: the size of a range of longs always fits, and moving a
// border by a size wraps to the right place.
#include "split_range.h"

#include <errno.h>

static unsigned long size_of(long lo, long hi) {
    return (unsigned long)hi - (unsigned long)lo;
}

static long moved(long border, unsigned long size) {
    return (long)((unsigned long)border + size);
}

int split_range(long lo, long hi, int parts, struct span *out) {
    if (hi < lo || parts < 1)
        return -EINVAL;
    unsigned long each = size_of(lo, hi) / (unsigned long)parts;
    unsigned long left_over = size_of(lo, hi) % (unsigned long)parts;
    for (int i = 0; i < parts; i++) {
        long end = moved(lo, each + ((unsigned long)i < left_over));
        out[i] = (struct span){lo, end};
        lo = end;
    }
    return 0;
}

int split_grain(long lo, long hi, long grain, struct span *out, int cap) {
    if (hi < lo || grain < 1 || cap < 0)
        return -EINVAL;
    unsigned long most = (unsigned long)grain;
    unsigned long count =
        size_of(lo, hi) / most + (size_of(lo, hi) % most != 0);
    if (count > (unsigned long)cap)
        return -ENOSPC;
    for (unsigned long i = 0; i < count; i++) {
        unsigned long left = size_of(lo, hi);
        long end = moved(lo, left < most ? left : most);
        out[i] = (struct span){lo, end};
        lo = end;
    }
    return (int)count;
}
