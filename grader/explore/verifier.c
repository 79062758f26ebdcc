// SPDX-License-Identifier: MIT
// All of them give way to the program's own.
#include "explore/verifier.h"

#include <stdio.h>

#include "explore/process.h"
#include "explore/run.h"

#define WEAK __attribute__((weak))

int run_atomic;

// --- Any value --------------------------------------------------------------

static int choose(unsigned count) {
    if (!run.active)
        return 0;
    run_uses(USES_CHOICE);
    return (int)run_choose(count, false);
}

// Small numbers, as those that matter are, and one that is not.
static long any(bool is_signed) {
    static const long values[2][4] = {{0, 1, 2, 10}, {0, 1, 2, -1}};
    return values[is_signed][choose(4)];
}

#define ANY(name, type, value)                                                 \
    WEAK type __VERIFIER_nondet_##name(void) {                                 \
        return (type)(value);                                                  \
    }
ANY(bool, _Bool, choose(2))
ANY(_Bool, _Bool, choose(2))
ANY(char, char, any(true))
ANY(schar, signed char, any(true))
ANY(uchar, unsigned char, any(false))
ANY(short, short, any(true))
ANY(ushort, unsigned short, any(false))
ANY(int, int, any(true))
ANY(uint, unsigned, any(false))
ANY(unsigned, unsigned, any(false))
ANY(long, long, any(true))
ANY(ulong, unsigned long, any(false))
ANY(longlong, long long, any(true))
ANY(ulonglong, unsigned long long, any(false))
ANY(size_t, size_t, any(false))
ANY(u8, unsigned char, any(false))
ANY(u16, unsigned short, any(false))
ANY(u32, unsigned, any(false))
ANY(float, float, any(true))
ANY(double, double, any(true))
ANY(pointer, void *, NULL)

// --- What is assumed and what is claimed ------------------------------------

WEAK void __VERIFIER_assume(int holds) {
    if (!holds && run.active)
        run_finish();
}

WEAK void reach_error(void) {
    process_fail("reach_error() was called", PC);
}

WEAK void __VERIFIER_error(void) {
    process_fail("__VERIFIER_error() was called", PC);
}

WEAK void __VERIFIER_assert(int holds) {
    if (!holds)
        process_fail("__VERIFIER_assert() failed", PC);
}

// The symbol is the program's, if it has one.
extern void assume_abort_if_not(int) WEAK;
enum { ASSUMPTION_BYTES = 96 };

bool verifier_is_assumption(const void *pc) {
    uintptr_t begin = (uintptr_t)assume_abort_if_not;
    return begin != 0 && (uintptr_t)pc - begin < ASSUMPTION_BYTES;
}

// --- Steps that nobody comes between ----------------------------------------

static char atomic_section;
static struct clock section_clock;

WEAK void __VERIFIER_atomic_begin(void) {
    if (!run.active)
        return;
    if (run_atomic == 0)
        run_step(OP_LOCK, &atomic_section, PC);
    run_event(OP_LOCK, &atomic_section, PC);
    clock_join(&run_self()->clock, &section_clock);
    run_atomic++;
}

WEAK void __VERIFIER_atomic_end(void) {
    if (!run.active)
        return;
    run_event(OP_UNLOCK, &atomic_section, PC);
    clock_join(&section_clock, &run_self()->clock);
    run_tick(run_self());
    run_atomic -= run_atomic > 0;
}
