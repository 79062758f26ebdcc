// What is left, divided by the parts that are left, rounded up.
// SPDX-License-Identifier: MIT
#include "split_range.h"

#include <errno.h>

static unsigned long distance(long from, long to) {
    return (unsigned long)to - (unsigned long)from;
}

int split_range(long lo, long hi, int parts, struct span *out) {
    if (hi < lo || parts < 1)
        return -EINVAL;
    for (int left = parts; left > 0; left--, out++) {
        unsigned long size = distance(lo, hi) / (unsigned long)left;
        if (distance(lo, hi) % (unsigned long)left != 0)
            size++;
        out->lo = lo;
        lo = (long)((unsigned long)lo + size);
        out->hi = lo;
    }
    return 0;
}

// Looks first whether all fit, going through them without writing, as far as
// there is room.
int split_grain(long lo, long hi, long grain, struct span *out, int cap) {
    if (hi < lo || grain < 1 || cap < 0)
        return -EINVAL;
    int count = 0;
    for (long at = lo; at < hi; count++) {
        if (count == cap)
            return -ENOSPC;
        at = distance(at, hi) > (unsigned long)grain ? at + grain : hi;
    }
    for (int i = 0; i < count; i++) {
        out[i].lo = lo;
        lo = distance(lo, hi) > (unsigned long)grain ? lo + grain : hi;
        out[i].hi = lo;
    }
    return count;
}
