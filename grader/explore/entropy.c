// SPDX-License-Identifier: MIT
// Chance is the same in every schedule.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/types.h>
#include <unistd.h>

#include "explore/access.h"
#include "explore/real.h"

static uint64_t next(void) {
    static uint64_t state = 0x4c6f636b73746570;
    uint64_t x = state += 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

static void fill(void *bytes, size_t size, const void *pc) {
    access_range(bytes, size, true, pc);
    for (size_t i = 0; i < size; i++)
        ((unsigned char *)bytes)[i] = (unsigned char)next();
}

ssize_t ex_getrandom(void *bytes, size_t size, unsigned flags) {
    REAL_UNLESS_ACTIVE(getrandom(bytes, size, flags));
    fill(bytes, size, PC);
    return (ssize_t)size;
}

int ex_getentropy(void *bytes, size_t size) {
    REAL_UNLESS_ACTIVE(getentropy(bytes, size));
    fill(bytes, size, PC);
    return 0;
}

uint32_t ex_arc4random(void) {
    REAL_UNLESS_ACTIVE(arc4random());
    return (uint32_t)next();
}

uint32_t ex_arc4random_uniform(uint32_t bound) {
    REAL_UNLESS_ACTIVE(arc4random_uniform(bound));
    return bound == 0 ? 0 : (uint32_t)(next() % bound);
}

void ex_arc4random_buf(void *bytes, size_t size) {
    if (run.active)
        fill(bytes, size, PC);
    else
        arc4random_buf(bytes, size);
}
