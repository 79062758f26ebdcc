// SPDX-License-Identifier: MIT
// Tests of split_range. The contract leaves no choice: for every range and
// number of parts there is exactly one right answer, worked out here in 128
// bits.
#include "split_range.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/suite.h"
#include "lib/wb.h"

typedef __int128 wide;

static const struct span untouched = {-7777, -8888};

static bool same(struct span a, struct span b) {
    return a.lo == b.lo && a.hi == b.hi;
}

// Exactly N spans, so that one too far is seen by AddressSanitizer; one more
// without it, so that it is seen without.
static struct span *spans_new(int n) {
    int room = n + (suite_tool() == TOOL_PLAIN);
    struct span *spans = malloc((size_t)room * sizeof *spans + 1);
    ck_assert(spans != NULL);
    for (int i = 0; i < room; i++)
        spans[i] = untouched;
    return spans;
}

// Whether spans FROM … N - 1, and the one behind, are as they were.
static void expect_untouched(const char *call, const struct span *spans, int n,
                             int from) {
    int room = n + (suite_tool() == TOOL_PLAIN);
    for (int i = from; i < room; i++)
        expect(same(spans[i], untouched),
               "%s wrote to out[%d], which it should have left alone", call, i);
}

// --- split_range -------------------------------------------------------------

static void expect_parts(long lo, long hi, int parts) {
    char call[120];
    snprintf(call, sizeof call, "split_range(%ld, %ld, %d)", lo, hi, parts);
    struct span *out = spans_new(parts);
    int rc = split_range(lo, hi, parts, out);
    expect(rc == 0, "%s returned %d, not 0", call, rc);
    wide size = (wide)hi - lo, at = lo;
    for (int i = 0; i < parts; i++) {
        wide end = at + size / parts + (i < size % parts);
        expect(out[i].lo == (long)at && out[i].hi == (long)end,
               "%s: out[%d] is [%ld, %ld), not [%ld, %ld). The first %ld of "
               "the parts hold %lu numbers each, the others %lu",
               call, i, out[i].lo, out[i].hi, (long)at, (long)end,
               (long)(size % parts),
               (unsigned long)(size / parts) + (size % parts > 0),
               (unsigned long)(size / parts));
        at = end;
    }
    expect_untouched(call, out, parts, parts);
    free(out);
}

START_TEST(equal_parts) {
    expect_parts(0, 100, 4);
    expect_parts(0, 12, 3);
    expect_parts(5, 6, 1);
    expect_parts(-30, 30, 6);
}
END_TEST

START_TEST(left_over) {
    expect_parts(0, 11, 4);
    expect_parts(0, 100, 3);
    expect_parts(1, 201, 3);
    expect_parts(-10, 9, 7);
    expect_parts(0, 99, 100);
}
END_TEST

START_TEST(more_parts_than_numbers) {
    expect_parts(3, 5, 4);
    expect_parts(0, 1, 9);
    expect_parts(-1, 0, 2);
    expect_parts(0, 0, 1);
    expect_parts(42, 42, 5);
    expect_parts(LONG_MAX, LONG_MAX, 3);
    expect_parts(LONG_MIN, LONG_MIN, 3);
}
END_TEST

START_TEST(random_ranges) {
    unsigned long state = 13;
    int rounds = suite_size(10000, 4000, 200);
    for (int round = 0; round < rounds; round++) {
        long lo = (long)(suite_random(&state) % 20001) - 10000;
        long hi = lo + (long)(suite_random(&state) % 3000);
        expect_parts(lo, hi, 1 + (int)(suite_random(&state) % 70));
    }
}
END_TEST

START_TEST(long_ranges) {
    static const int parts[] = {1, 2, 3, 7, 10, 64, 1000, 99991};
    long exact = 1L << 53; // of a double
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        expect_parts(LONG_MIN, LONG_MAX, parts[i]);
        expect_parts(0, LONG_MAX, parts[i]);
        expect_parts(LONG_MIN, 0, parts[i]);
        expect_parts(LONG_MIN, LONG_MIN + 100, parts[i]);
        expect_parts(LONG_MAX - 100, LONG_MAX, parts[i]);
        expect_parts(exact - 3, exact + 1001, parts[i]);
        expect_parts(-5 * exact - 1, 3 * exact + 1, parts[i]);
        expect_parts(LONG_MIN + 1, LONG_MAX - 1, parts[i]);
    }
}
END_TEST

static void expect_no_parts(long lo, long hi, int parts) {
    char call[120];
    snprintf(call, sizeof call, "split_range(%ld, %ld, %d)", lo, hi, parts);
    struct span *out = spans_new(4);
    int rc = split_range(lo, hi, parts, out);
    expect(rc == -EINVAL, "%s returned %d, not -EINVAL (%d)", call, rc,
           -EINVAL);
    expect_untouched(call, out, 4, 0);
    free(out);
}

START_TEST(bad_parts) {
    expect_no_parts(0, 10, 0);
    expect_no_parts(0, 10, -1);
    expect_no_parts(0, 10, INT_MIN);
    expect_no_parts(1, 0, 3);
    expect_no_parts(0, -1, 1);
    expect_no_parts(LONG_MAX, LONG_MIN, 2);
}
END_TEST

// --- split_grain -------------------------------------------------------------

// With room for COUNT spans and SPARE more.
static void expect_pieces(long lo, long hi, long grain, int spare) {
    wide size = (wide)hi - lo, at = lo;
    int count = (int)((size + grain - 1) / grain);
    char call[140];
    snprintf(call, sizeof call, "split_grain(%ld, %ld, %ld, out, %d)", lo, hi,
             grain, count + spare);
    struct span *out = spans_new(count + spare);
    int rc = split_grain(lo, hi, grain, out, count + spare);
    expect(rc == count, "%s returned %d, not %d spans", call, rc, count);
    for (int i = 0; i < count; i++) {
        wide end = hi - at < grain ? hi : at + grain;
        expect(out[i].lo == (long)at && out[i].hi == (long)end,
               "%s: out[%d] is [%ld, %ld), not [%ld, %ld)", call, i, out[i].lo,
               out[i].hi, (long)at, (long)end);
        at = end;
    }
    expect_untouched(call, out, count + spare, count);
    free(out);
}

START_TEST(pieces) {
    expect_pieces(0, 12, 3, 0);
    expect_pieces(0, 12, 3, 2);
    expect_pieces(-6, 6, 4, 1);
    expect_pieces(0, 5, 1, 0);
    expect_pieces(7, 8, 1, 0);
}
END_TEST

START_TEST(last_piece_is_smaller) {
    expect_pieces(0, 10, 3, 0);
    expect_pieces(0, 10, 9, 3);
    expect_pieces(1, 3, 10, 0);
    expect_pieces(-5, 6, 2, 0);
    expect_pieces(0, 1, LONG_MAX, 0);
}
END_TEST

START_TEST(no_pieces) {
    expect_pieces(0, 0, 5, 0);
    expect_pieces(-9, -9, 1, 3);
    expect_pieces(LONG_MAX, LONG_MAX, LONG_MAX, 1);
    int rc = split_grain(4, 4, 2, NULL, 0);
    expect(rc == 0, "split_grain(4, 4, 2, NULL, 0) returned %d, not 0", rc);
}
END_TEST

START_TEST(long_pieces) {
    expect_pieces(LONG_MIN, LONG_MAX, LONG_MAX, 0);
    expect_pieces(LONG_MIN, LONG_MAX, LONG_MAX / 5, 1);
    expect_pieces(LONG_MIN, LONG_MAX, (1L << 53) + 1, 0);
    expect_pieces(LONG_MAX - 10, LONG_MAX, 4, 0);
    expect_pieces(LONG_MAX - 10, LONG_MAX, LONG_MAX, 0);
    expect_pieces(LONG_MIN, LONG_MIN + 10, 4, 0);
    expect_pieces(LONG_MIN, LONG_MIN + 10, LONG_MAX, 0);
    expect_pieces(0, LONG_MAX, 1L << 40, 0);
}
END_TEST

START_TEST(random_pieces) {
    unsigned long state = 31;
    int rounds = suite_size(10000, 4000, 200);
    for (int round = 0; round < rounds; round++) {
        long lo = (long)(suite_random(&state) % 20001) - 10000;
        long hi = lo + (long)(suite_random(&state) % 300);
        expect_pieces(lo, hi, 1 + (long)(suite_random(&state) % 40),
                      (int)(suite_random(&state) % 3));
    }
}
END_TEST

static void expect_no_pieces(long lo, long hi, long grain, int cap, int error,
                             const char *name) {
    char call[140];
    snprintf(call, sizeof call, "split_grain(%ld, %ld, %ld, out, %d)", lo, hi,
             grain, cap);
    struct span *out = spans_new(cap < 0 ? 2 : cap);
    int rc = split_grain(lo, hi, grain, out, cap);
    expect(rc == error, "%s returned %d, not %s (%d)", call, rc, name, error);
    expect_untouched(call, out, cap < 0 ? 2 : cap, 0);
    free(out);
}

START_TEST(bad_pieces) {
    expect_no_pieces(0, 10, 0, 4, -EINVAL, "-EINVAL");
    expect_no_pieces(0, 10, -3, 4, -EINVAL, "-EINVAL");
    expect_no_pieces(0, 10, LONG_MIN, 4, -EINVAL, "-EINVAL");
    expect_no_pieces(1, 0, 1, 4, -EINVAL, "-EINVAL");
    expect_no_pieces(LONG_MAX, LONG_MIN, 1, 4, -EINVAL, "-EINVAL");
    expect_no_pieces(0, 10, 100, -1, -EINVAL, "-EINVAL");
    expect_no_pieces(0, 0, 1, -1, -EINVAL, "-EINVAL");
}
END_TEST

START_TEST(no_room) {
    expect_no_pieces(0, 10, 3, 3, -ENOSPC, "-ENOSPC");
    expect_no_pieces(0, 12, 3, 3, -ENOSPC, "-ENOSPC");
    expect_no_pieces(0, 1, 1, 0, -ENOSPC, "-ENOSPC");
    expect_no_pieces(LONG_MIN, LONG_MAX, 1, 4, -ENOSPC, "-ENOSPC");
    expect_no_pieces(LONG_MIN, LONG_MAX, LONG_MAX, 2, -ENOSPC, "-ENOSPC");
    // As an int, the number of spans would be 0, 1 and -2147483648.
    expect_no_pieces(0, 1L << 32, 1, 4, -ENOSPC, "-ENOSPC");
    expect_no_pieces(0, (1L << 33) + 2, 2, 4, -ENOSPC, "-ENOSPC");
    expect_no_pieces(0, 1L << 31, 1, 4, -ENOSPC, "-ENOSPC");
}
END_TEST

SUITE(TEST(equal_parts, "a range in equal parts"),
      TEST(left_over, "what is left over is spread, larger parts first"),
      TEST(more_parts_than_numbers,
           "more parts than numbers: the last are empty"),
      TEST(random_ranges, "no gap, no overlap, sizes differ by at most one"),
      TEST(long_ranges, "ranges as long as they come"),
      TEST(bad_parts, "-EINVAL for hi < lo and less than one part"),
      TEST(pieces, "a range in pieces of one size"),
      TEST(last_piece_is_smaller, "the last piece holds what is left over"),
      TEST(no_pieces, "an empty range has no pieces"),
      TEST(long_pieces, "pieces of ranges as long as they come"),
      TEST(random_pieces, "pieces of all sorts of ranges"),
      TEST(bad_pieces, "-EINVAL for hi < lo, grain < 1 and cap < 0"),
      TEST(no_room, "-ENOSPC without writing if there is no room for all"), )
