// SPDX-License-Identifier: MIT
#include "lib/split_range.h"

#include <check.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

static unsigned long size_of(struct span span) {
    return (unsigned long)span.hi - (unsigned long)span.lo;
}

// Contiguous, the whole range, balanced, larger ones first.
static void splits(long lo, long hi, int parts) {
    struct span *out = malloc((size_t)parts * sizeof *out);
    ck_assert_int_eq(split_range(lo, hi, parts, out), 0);
    ck_assert_int_eq(out[0].lo, lo);
    ck_assert_int_eq(out[parts - 1].hi, hi);
    for (int i = 0; i < parts; i++) {
        ck_assert_msg(out[i].lo <= out[i].hi, "%ld..%ld in %d: part %d is "
                      "%ld..%ld", lo, hi, parts, i, out[i].lo, out[i].hi);
        if (i == 0)
            continue;
        ck_assert_int_eq(out[i].lo, out[i - 1].hi);
        ck_assert_msg(size_of(out[i]) <= size_of(out[i - 1]),
                      "%ld..%ld in %d: part %d is larger than the one before",
                      lo, hi, parts, i);
    }
    ck_assert_msg(size_of(out[0]) - size_of(out[parts - 1]) <= 1,
                  "%ld..%ld in %d: sizes %lu and %lu", lo, hi, parts,
                  size_of(out[0]), size_of(out[parts - 1]));
    free(out);
}

START_TEST(any_range_is_cut_without_gaps) {
    srand(7);
    for (int i = 0; i < 10000; i++) {
        long lo = rand() % 20001 - 10000;
        splits(lo, lo + rand() % 3000, 1 + rand() % 70);
    }
}
END_TEST

START_TEST(more_parts_than_numbers_leave_the_last_ones_empty) {
    struct span out[5];
    ck_assert_int_eq(split_range(10, 13, 5, out), 0);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(out[i].hi - out[i].lo, i < 3 ? 1 : 0);
    splits(4, 4, 3);
}
END_TEST

START_TEST(the_whole_of_long_can_be_cut) {
    splits(LONG_MIN, LONG_MAX, 1);
    splits(LONG_MIN, LONG_MAX, 2);
    splits(LONG_MIN, LONG_MAX, 1000);
    splits(LONG_MAX - 10, LONG_MAX, 3);
    splits(LONG_MIN, LONG_MIN + 10, 3);
    splits(-1, LONG_MAX, 7);
}
END_TEST

START_TEST(bad_arguments_leave_out_untouched) {
    struct span out = {77, 88};
    ck_assert_int_eq(split_range(1, 0, 1, &out), -EINVAL);
    ck_assert_int_eq(split_range(LONG_MAX, LONG_MIN, 1, &out), -EINVAL);
    ck_assert_int_eq(split_range(0, 1, 0, &out), -EINVAL);
    ck_assert_int_eq(split_range(0, 1, -1, &out), -EINVAL);
    ck_assert_int_eq(out.lo, 77);
    ck_assert_int_eq(out.hi, 88);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("split_range");
    TCase *tests = tcase_create("split_range");
    tcase_add_test(tests, any_range_is_cut_without_gaps);
    tcase_add_test(tests, more_parts_than_numbers_leave_the_last_ones_empty);
    tcase_add_test(tests, the_whole_of_long_can_be_cut);
    tcase_add_test(tests, bad_arguments_leave_out_untouched);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
