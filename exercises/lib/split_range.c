// SPDX-License-Identifier: MIT
#include "lib/split_range.h"

#include <errno.h>

int split_range(long lo, long hi, int parts, struct span *out) {
    if (hi < lo || parts < 1)
        return -EINVAL;
    // The size of the range may not fit in a long, but always in an unsigned
    // one; and only unsigned arithmetic may wrap.
    unsigned long size = (unsigned long)hi - (unsigned long)lo;
    unsigned long each = size / (unsigned long)parts;
    unsigned long larger = size % (unsigned long)parts;
    unsigned long border = (unsigned long)lo;
    for (int i = 0; i < parts; i++) {
        out[i].lo = (long)border;
        border += each + ((unsigned long)i < larger ? 1 : 0);
        out[i].hi = (long)border;
    }
    return 0;
}
