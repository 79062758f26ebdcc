// SPDX-License-Identifier: MIT
#include "lib/do_math.h"

#include <check.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>

// Term I is |I - 1e6|, and sums of whole numbers below 2^53 are exact.
static double closed_form(long lo, long hi) {
    double sum = 0;
    for (long i = lo + 1; i <= hi; i++)
        sum += (double)labs(i - 1000000);
    return sum;
}

START_TEST(the_sum_is_that_of_the_closed_form) {
    ck_assert_double_eq(do_math(0, 1), 999999);
    ck_assert_double_eq(do_math(999999, 1000000), 0);
    ck_assert_double_eq(do_math(999998, 1000002), 4);
    ck_assert_double_eq(do_math(-1000, 1000), closed_form(-1000, 1000));
    ck_assert_double_eq(do_math(0, 2000000), 1e12);
}
END_TEST

START_TEST(it_goes_on_beyond_2_to_the_24) {
    const long border = 1L << 24;
    ck_assert_double_eq(do_math(border - 100, border + 100),
                        closed_form(border - 100, border + 100));
}
END_TEST

START_TEST(ranges_add_up) {
    srand(3);
    for (int i = 0; i < 500; i++) {
        long a = rand() % 4000000 - 2000000;
        long b = a + rand() % 1000, c = b + rand() % 1000;
        ck_assert_double_eq(do_math(a, b) + do_math(b, c), do_math(a, c));
    }
}
END_TEST

START_TEST(an_empty_range_gives_0) {
    ck_assert_double_eq(do_math(5, 5), 0);
    ck_assert_double_eq(do_math(5, 4), 0);
    ck_assert_double_eq(do_math(LONG_MAX, LONG_MIN), 0);
}
END_TEST

START_TEST(the_ends_of_long_are_in_range) {
    ck_assert_double_eq_tol(do_math(LONG_MAX - 1, LONG_MAX) / 0x1p63, 1, 1e-9);
    ck_assert_double_eq_tol(do_math(LONG_MIN, LONG_MIN + 1) / 0x1p63, 1, 1e-9);
}
END_TEST

static long seen_lo, seen_hi;

static void watch(long lo, long hi) {
    seen_lo = lo;
    seen_hi = hi;
}

START_TEST(a_watcher_hears_of_every_call) {
    do_math_watcher = watch;
    ck_assert_double_eq(do_math(0, 1), 999999);
    ck_assert_int_eq(seen_lo, 0);
    ck_assert_int_eq(seen_hi, 1);
    do_math(9, 3);
    ck_assert_int_eq(seen_lo, 9);
    do_math_watcher = NULL;
    do_math(7, 8);
    ck_assert_int_eq(seen_lo, 9);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("do_math");
    TCase *tests = tcase_create("do_math");
    tcase_add_test(tests, the_sum_is_that_of_the_closed_form);
    tcase_add_test(tests, it_goes_on_beyond_2_to_the_24);
    tcase_add_test(tests, ranges_add_up);
    tcase_add_test(tests, an_empty_range_gives_0);
    tcase_add_test(tests, the_ends_of_long_are_in_range);
    tcase_add_test(tests, a_watcher_hears_of_every_call);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
