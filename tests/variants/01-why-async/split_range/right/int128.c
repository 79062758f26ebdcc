// Everything in 128 bits, where nothing overflows.
// SPDX-License-Identifier: MIT
#include "split_range.h"

#include <errno.h>

typedef __int128 wide;

int split_range(long lo, long hi, int parts, struct span *out) {
    if (hi < lo || parts < 1)
        return -EINVAL;
    wide n = (wide)hi - lo;
    for (int i = 0; i < parts; i++) {
        // Rounded up from the front: larger parts come first.
        out[i].lo = (long)(lo + (wide)i * (n / parts) +
                           (i < n % parts ? i : n % parts));
        out[i].hi = (long)(lo + (wide)(i + 1) * (n / parts) +
                           (i + 1 < n % parts ? i + 1 : n % parts));
    }
    return 0;
}

int split_grain(long lo, long hi, long grain, struct span *out, int cap) {
    if (hi < lo || grain < 1 || cap < 0)
        return -EINVAL;
    wide count = ((wide)hi - lo + grain - 1) / grain;
    if (count > cap)
        return -ENOSPC;
    for (int i = 0; i < (int)count; i++) {
        wide begin = lo + (wide)i * grain, end = begin + grain;
        out[i].lo = (long)begin;
        out[i].hi = (long)(end < hi ? end : hi);
    }
    return (int)count;
}
