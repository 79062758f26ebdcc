// SPDX-License-Identifier: MIT
#include "split_range.h"

#include <errno.h>

int split_range(long lo, long hi, int parts, struct span *out) {
    // TODO: check the arguments
    // TODO: how many numbers does every part get, and how many are left over?
    (void)lo, (void)hi, (void)parts, (void)out;
    return -ENOSYS;
}

int split_grain(long lo, long hi, long grain, struct span *out, int cap) {
    // TODO: how many spans are there? Only then write them.
    (void)lo, (void)hi, (void)grain, (void)out, (void)cap;
    return -ENOSYS;
}
