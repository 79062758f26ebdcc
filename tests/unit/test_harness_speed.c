// SPDX-License-Identifier: MIT
// What a measurement proves, decided on made-up numbers.
#include "test_harness.h"

#include "harness/speed.h"

static const struct suite_speed wanted = {.efficiency = 0.7, .cost = 1.35};

// COUNT values around MIDDLE, a hundredth apart.
static struct speed_series around(double middle, int count) {
    struct speed_series series = {.count = count};
    for (int i = 0; i < count; i++)
        series.values[i] = middle + 0.01 * (i % 3 - 1);
    return series;
}

static const char *decide(struct speed_series cost,
                          struct speed_series efficiency, int processors) {
    const char *says = speed_decide(&cost, &efficiency, processors, &wanted);
    return says == NULL ? "nothing" : says;
}

START_TEST(a_good_answer_passes_after_five_repeats) {
    ck_assert_str_eq(decide(around(1.0, 5), around(0.95, 5), 2), "pass");
    ck_assert_str_eq(decide(around(1.0, 4), around(0.95, 4), 2), "nothing");
}
END_TEST

START_TEST(waste_and_slowness_need_eight_repeats) {
    ck_assert_str_eq(decide(around(2.0, 8), around(0.95, 8), 2), "cpu-cost");
    ck_assert_str_eq(decide(around(2.0, 7), around(0.95, 7), 2), "nothing");
    ck_assert_str_eq(decide(around(1.0, 8), around(0.5, 8), 2), "too-slow");
    ck_assert_str_eq(decide(around(1.0, 7), around(0.5, 7), 2), "nothing");
}
END_TEST

START_TEST(what_lies_on_the_threshold_proves_nothing) {
    ck_assert_str_eq(decide(around(1.35, 24), around(0.95, 24), 2), "nothing");
    ck_assert_str_eq(decide(around(1.0, 24), around(0.7, 24), 2), "nothing");
}
END_TEST

START_TEST(void_repeats_leave_the_efficiency_open) {
    ck_assert_str_eq(decide(around(1.0, 24), around(0.5, 0), 2), "nothing");
    ck_assert_str_eq(decide(around(2.0, 24), around(0.5, 0), 2), "cpu-cost");
}
END_TEST

START_TEST(one_processor_can_prove_only_the_cost) {
    ck_assert_str_eq(decide(around(1.0, 5), around(0.0, 0), 1), "pass");
}
END_TEST

START_TEST(a_few_odd_repeats_decide_nothing) {
    struct speed_series cost = around(1.0, 12), efficiency = around(0.95, 12);
    for (int i = 0; i < 12; i += 6) {
        cost.values[i] = 9;
        efficiency.values[i] = 0.1;
    }
    ck_assert_str_eq(decide(cost, efficiency, 2), "pass");
}
END_TEST

HARNESS_MAIN("harness_speed", a_good_answer_passes_after_five_repeats,
             waste_and_slowness_need_eight_repeats,
             what_lies_on_the_threshold_proves_nothing,
             void_repeats_leave_the_efficiency_open,
             one_processor_can_prove_only_the_cost,
             a_few_odd_repeats_decide_nothing)
