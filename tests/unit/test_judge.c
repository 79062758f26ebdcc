// SPDX-License-Identifier: MIT
// judge/: which of several findings is the main one.
#include <check.h>
#include <stdlib.h>

#include "judge/judge.h"

static struct exercise exercise = {.id = "queue"};
static struct outcome *nothing;
static GPtrArray *results;

static struct finding *add(enum finding_kind kind, enum stage stage,
                           const char *place) {
    struct result *result = result_new(stage, nothing);
    struct finding *finding = finding_new(kind, stage, "%s",
                                          finding_kind_name(kind));
    if (place != NULL)
        finding_add_place(finding, "queue.c", 7, 0, place, NULL, NULL);
    g_ptr_array_add(result->findings, finding);
    g_ptr_array_add(results, result);
    return finding;
}

static void setup(void) {
    nothing = outcome_new();
    nothing->end = OUTCOME_EXITED;
    results = g_ptr_array_new_with_free_func((GDestroyNotify)result_free);
}

static void teardown(void) {
    g_ptr_array_unref(results);
    outcome_free(nothing);
}

// The stage of the main finding; its kind must be KIND.
static enum stage main_stage(enum finding_kind kind) {
    bool wanted[STAGE_COUNT];
    for (int i = 0; i < STAGE_COUNT; i++)
        wanted[i] = exercise.stages[i] = true;
    struct verdict *verdict = verdict_new(&exercise);
    judge(verdict, results, wanted, "build/lockstep grade queue");
    ck_assert_int_eq(verdict->value, VERDICT_FAIL);
    const struct finding *first = verdict->findings->pdata[0];
    ck_assert(first->main);
    ck_assert_str_eq(finding_kind_name(first->kind), finding_kind_name(kind));
    enum stage stage = first->stage;
    verdict_free(verdict);
    return stage;
}

START_TEST(a_race_comes_before_the_wrong_sum_that_it_makes) {
    add(FINDING_WRONG_RESULT, STAGE_TESTS, "put");
    add(FINDING_DATA_RACE, STAGE_RACES, "put");
    ck_assert_int_eq(main_stage(FINDING_DATA_RACE), STAGE_RACES);
}
END_TEST

START_TEST(of_two_alike_the_one_with_a_place_comes_first) {
    add(FINDING_WRONG_RESULT, STAGE_TESTS, NULL);
    add(FINDING_WRONG_RESULT, STAGE_MEMORY, "put");
    ck_assert_int_eq(main_stage(FINDING_WRONG_RESULT), STAGE_MEMORY);
}
END_TEST

START_TEST(what_needs_an_unlucky_order_comes_before_a_wrong_result) {
    add(FINDING_WRONG_RESULT, STAGE_TESTS, NULL);
    add(FINDING_BROKEN_INVARIANT, STAGE_SCHEDULES, "put");
    ck_assert_int_eq(main_stage(FINDING_BROKEN_INVARIANT), STAGE_SCHEDULES);
}
END_TEST

START_TEST(what_is_wrong_in_any_order_is_told_by_the_plain_test) {
    add(FINDING_WRONG_RESULT, STAGE_TESTS, NULL);
    add(FINDING_BROKEN_INVARIANT, STAGE_SCHEDULES, "put")->in_any_order = true;
    ck_assert_int_eq(main_stage(FINDING_WRONG_RESULT), STAGE_TESTS);
}
END_TEST

START_TEST(without_a_plain_test_the_schedule_tells_it) {
    add(FINDING_HANG, STAGE_TESTS, "put");
    add(FINDING_BROKEN_INVARIANT, STAGE_SCHEDULES, "put")->in_any_order = true;
    ck_assert_int_eq(main_stage(FINDING_BROKEN_INVARIANT), STAGE_SCHEDULES);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("judge");
    TCase *order = tcase_create("order");
    tcase_add_checked_fixture(order, setup, teardown);
    tcase_add_test(order, a_race_comes_before_the_wrong_sum_that_it_makes);
    tcase_add_test(order, of_two_alike_the_one_with_a_place_comes_first);
    tcase_add_test(order,
                   what_needs_an_unlucky_order_comes_before_a_wrong_result);
    tcase_add_test(order, what_is_wrong_in_any_order_is_told_by_the_plain_test);
    tcase_add_test(order, without_a_plain_test_the_schedule_tells_it);
    suite_add_tcase(suite, order);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
