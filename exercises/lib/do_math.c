// SPDX-License-Identifier: MIT
#include "lib/do_math.h"

#include <math.h>
#include <stddef.h>

void (*do_math_watcher)(long lo, long hi);

double do_math(long lo, long hi) {
    if (do_math_watcher != NULL)
        do_math_watcher(lo, hi);
    // double, not float: a float stops counting at 2^24.
    double sum = 0;
    // I stays below HI, so that nothing overflows where hi is LONG_MAX.
    for (long i = lo; i < hi; i++) {
        double distance = (double)(i + 1) - 1e6;
        sum += sqrt(distance * distance);
    }
    return sum;
}
