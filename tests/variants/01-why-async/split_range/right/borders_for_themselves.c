// Each border by a formula, in unsigned arithmetic.
// SPDX-License-Identifier: MIT
#include "split_range.h"

#include <errno.h>

static long border(long lo, unsigned long n, unsigned long parts,
                   unsigned long i) {
    unsigned long more = n % parts;
    return (long)((unsigned long)lo + n / parts * i + (i < more ? i : more));
}

int split_range(long lo, long hi, int parts, struct span *out) {
    if (parts <= 0 || lo > hi)
        return -EINVAL;
    unsigned long n = (unsigned long)hi - (unsigned long)lo;
    for (unsigned long i = 0; i < (unsigned long)parts; i++) {
        out[i].lo = border(lo, n, (unsigned long)parts, i);
        out[i].hi = border(lo, n, (unsigned long)parts, i + 1);
    }
    return 0;
}

int split_grain(long lo, long hi, long grain, struct span *out, int cap) {
    if (cap < 0 || grain <= 0 || lo > hi)
        return -EINVAL;
    if (lo == hi)
        return 0;
    unsigned long n = (unsigned long)hi - (unsigned long)lo;
    unsigned long whole = (n - 1) / (unsigned long)grain; // all but the last
    if (whole >= (unsigned long)cap)
        return -ENOSPC;
    for (unsigned long i = 0; i < whole; i++) {
        out[i].lo = (long)((unsigned long)lo + i * (unsigned long)grain);
        out[i].hi = (long)((unsigned long)out[i].lo + (unsigned long)grain);
    }
    out[whole].lo = (long)((unsigned long)lo + whole * (unsigned long)grain);
    out[whole].hi = hi;
    return (int)whole + 1;
}
