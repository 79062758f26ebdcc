// SPDX-License-Identifier: MIT
// The map, the table of verify, the dry run, and the live lines.
#include <stdio.h>

#include "report/dryrun.h"
#include "report/live.h"
#include "report/map.h"
#include "report/text.h"
#include "report/verify.h"
#include "test_report_fixture.h"

static struct style style;
static struct fixture bank, ordered, rlock;
static struct book book;

static void setup(void) {
    style_plain(&style);
    bank = fixture_new("bank_global", 4, "04-thread-safety", 2,
                       "The safe bank: one lock around everything");
    ordered = fixture_new("bank_ordered", 4, "04-thread-safety", 3,
                          "One lock an account, and no deadlock");
    rlock = fixture_new("rlock", 4, "04-thread-safety", 4,
                        "A re-entrant lock, with a title that is so long that "
                        "it cannot stand in one line");
    ordered.exercise->stars = 3;
    ordered.exercise->needs = g_strsplit("bank_global", ";", -1);
    rlock.exercise->stars = 5;
    rlock.exercise->minutes = 120;
    rlock.exercise->needs = g_strsplit("bank_global;bank_ordered", ";", -1);
    g_free(bank.chapter->title);
    bank.chapter->title = g_strdup("Thread safety");
    g_ptr_array_add(bank.chapter->exercises, bank.exercise);
    g_ptr_array_add(bank.chapter->exercises, ordered.exercise);
    g_ptr_array_add(bank.chapter->exercises, rlock.exercise);
    book.chapters = g_ptr_array_new();
    g_ptr_array_add(book.chapters, bank.chapter);
}

static void teardown(void) {
    g_ptr_array_unref(book.chapters);
    fixture_free(&bank);
    fixture_free(&ordered);
    fixture_free(&rlock);
}

START_TEST(the_map_shows_where_the_learner_stands) {
    const enum map_state states[] = {MAP_SOLVED, MAP_STARTED, MAP_NOT_STARTED};
    GString *out = g_string_new(NULL);
    map_write(out, &style, &book, states, 0);
    ck_assert(strstr(out->str, "after bank_ordered\n") != NULL);
    fixture_expect("map.txt", out->str);
    g_string_free(out, TRUE);
}
END_TEST

START_TEST(the_map_fits_the_terminal) {
    const enum map_state states[] = {MAP_SOLVED, MAP_STARTED, MAP_NOT_STARTED};
    static const int widths[] = {60, 80, 100};
    for (gsize w = 0; w < G_N_ELEMENTS(widths); w++) {
        GString *out = g_string_new(NULL);
        style.width = widths[w];
        map_write(out, &style, &book, states, 4);
        g_auto(GStrv) lines = g_strsplit(out->str, "\n", -1);
        for (int i = 0; lines[i] != NULL; i++)
            ck_assert_msg(text_columns(lines[i]) <= widths[w], "%s", lines[i]);
        g_string_free(out, TRUE);
    }
}
END_TEST

START_TEST(verify_shows_what_is_not_as_promised) {
    g_autoptr(GPtrArray) complaints = g_ptr_array_new();
    g_ptr_array_add(complaints,
                    "wrong/no_lock.c: expected data-race, found pass");
    struct verify_row good = {.exercise = bank.exercise,
                              .stub = VERIFY_GOOD,
                              .solution = VERIFY_GOOD,
                              .right = 5,
                              .right_total = 5,
                              .wrong = 5,
                              .wrong_total = 5,
                              .waiting = 2,
                              .wall_ms = 31400};
    struct verify_row bad = {.exercise = ordered.exercise,
                             .stub = VERIFY_GOOD,
                             .solution = VERIFY_BAD,
                             .right = 3,
                             .right_total = 3,
                             .wrong = 11,
                             .wrong_total = 12,
                             .wall_ms = 48250,
                             .complaints = complaints};
    ck_assert(verify_row_is_good(&good));
    ck_assert(!verify_row_is_good(&bad));
    g_autoptr(GPtrArray) rows = g_ptr_array_new();
    g_ptr_array_add(rows, &good);
    g_ptr_array_add(rows, &bad);
    GString *out = g_string_new(NULL);
    verify_write(out, &style, rows);
    fixture_expect("verify.txt", out->str);
    g_string_free(out, TRUE);
}
END_TEST

// --- A plan of two jobs -----------------------------------------------------

static struct plan *small_plan(void) {
    struct plan *plan = g_new0(struct plan, 1);
    plan->jobs = g_ptr_array_new_with_free_func((GDestroyNotify)job_free);
    struct job *build = job_new(bank.exercise, STAGE_BUILD, "build");
    struct job *tests = job_new(bank.exercise, STAGE_TESTS, "tests");
    build->cacheable = tests->cacheable = true;
    build->limits.wall_ms = 10000;
    tests->limits = (struct job_limits){.cpu_ms = 5000,
                                        .wall_ms = 60000,
                                        .memory_bytes = 1 << 28,
                                        .processes = 64};
    job_add_step(build, "clang", "-DTITLE=a b", "bank_global.c", NULL);
    job_add_input_from(tests, "suite", build);
    job_add_step(tests, "./suite", NULL);
    g_ptr_array_add(plan->jobs, build);
    g_ptr_array_add(plan->jobs, tests);
    return plan;
}

START_TEST(a_dry_run_shows_commands_that_can_be_copied) {
    struct plan *plan = small_plan();
    GString *out = g_string_new(NULL);
    dryrun_write(out, &style, plan);
    ck_assert(strstr(out->str, "'-DTITLE=a b'") != NULL);
    ck_assert(strstr(out->str, plan->jobs->len == 2 ? "2 jobs" : "") != NULL);
    g_string_free(out, TRUE);
    plan_free(plan);
}
END_TEST

static int64_t test_clock;
static int64_t read_test_clock(void) {
    return test_clock;
}

// Runs the small plan; the first job comes from the cache if CACHED.
static char *live_output(bool redraws, bool cached) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    struct plan *plan = small_plan();
    struct outcome *outcome = outcome_new();
    outcome->end = OUTCOME_EXITED;
    outcome->cached = cached;
    test_clock = 1000000;
    struct live *live = live_new(stream, &style, redraws);
    live_use_clock(live, read_test_clock);
    live_expect(live, plan);
    for (guint i = 0; i < plan->jobs->len; i++) {
        live_on_start(plan->jobs->pdata[i], live);
        test_clock += 600000;
        live_on_tick(live);
        live_on_end(plan->jobs->pdata[i], outcome, live);
    }
    live_free(live);
    outcome_free(outcome);
    plan_free(plan);
    fclose(stream);
    return text;
}

START_TEST(without_a_terminal_one_plain_line_for_each_exercise) {
    char *text = live_output(false, false);
    ck_assert_str_eq(text, "bank_global: 2 of 2 programs run, 1.2 s\n");
    free(text);
}
END_TEST

START_TEST(what_comes_from_the_cache_makes_no_noise) {
    char *text = live_output(false, true);
    ck_assert_str_eq(text, "");
    free(text);
}
END_TEST

START_TEST(live_lines_name_exercise_and_stage_and_vanish) {
    char *text = live_output(true, false);
    ck_assert(strstr(text, "bank_global  tests") != NULL);
    ck_assert(strstr(text, "1 of 2 programs done") != NULL);
    ck_assert_msg(g_str_has_suffix(text, "\033[J"), "%s", text);
    free(text);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("report/lists");
    TCase *tests = tcase_create("lists");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_map_shows_where_the_learner_stands);
    tcase_add_test(tests, the_map_fits_the_terminal);
    tcase_add_test(tests, verify_shows_what_is_not_as_promised);
    tcase_add_test(tests, a_dry_run_shows_commands_that_can_be_copied);
    tcase_add_test(tests, without_a_terminal_one_plain_line_for_each_exercise);
    tcase_add_test(tests, what_comes_from_the_cache_makes_no_noise);
    tcase_add_test(tests, live_lines_name_exercise_and_stage_and_vanish);
    suite_add_tcase(suite, tests);
    return fixture_run(suite);
}
