// SPDX-License-Identifier: MIT
// What the schedule explorer finds, as people and programs are told of it:
// tests/golden/report/story/<case>.trace are real traces, <case>.txt is what
// `lockstep explore` says of them. GOLDEN_UPDATE=1 writes the texts anew.
#include <check.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "read/trace_lines.h"
#include "report/exploration.h"
#include "report/moment.h"
#include "report/stepper.h"
#include "report/story.h"
#include "report/text.h"
#include "report/trace_lines.h"

#define FOLDER "tests/golden/report/story"

static const char *const cases[] = {
    "account_overdraft", "barrier_count",      "bounded_buffer",
    "busy_wait",         "cond_if_while",      "counter_unlocked",
    "double_free",       "exit_holding",       "lock_cycle",
    "null_after_check",  "recursive_lock",     "rwlock_try",
    "store_buffering",   "signal_before_wait", "timed_out_request",
    "trylock_backoff",
};

static char *text_of(const char *name, const char *ending) {
    g_autofree char *path = g_strdup_printf(FOLDER "/%s.%s", name, ending);
    char *text = NULL;
    ck_assert_msg(g_file_get_contents(path, &text, NULL, NULL), "no %s", path);
    return text;
}

static GPtrArray *traces_of(const char *name) {
    g_autofree char *text = text_of(name, "trace");
    GPtrArray *traces = trace_lines_read(text);
    ck_assert_uint_eq(traces->len, 1);
    return traces;
}

static char *told(const struct trace *trace, const struct style *style) {
    GString *out = g_string_new(NULL);
    exploration_write(out, style, trace, "lockstep explore x.c");
    return g_string_free(out, FALSE);
}

START_TEST(every_kind_of_failure_has_its_golden_story) {
    struct style style;
    style_plain(&style);
    g_autoptr(GPtrArray) traces = traces_of(cases[_i]);
    g_autofree char *seen = told(traces->pdata[0], &style);
    g_autofree char *path = g_strdup_printf(FOLDER "/%s.txt", cases[_i]);
    if (g_getenv("GOLDEN_UPDATE") != NULL)
        g_file_set_contents(path, seen, -1, NULL);
    g_autofree char *wanted = text_of(cases[_i], "txt");
    ck_assert_msg(g_str_equal(seen, wanted),
                  "%s\n--- wanted:\n%s\n--- seen:\n%s", cases[_i], wanted,
                  seen);
}
END_TEST

START_TEST(a_story_keeps_within_its_lines_and_columns) {
    static const int widths[] = {40, 60, 80, 100};
    g_autoptr(GPtrArray) traces = traces_of(cases[_i]);
    for (gsize w = 0; w < G_N_ELEMENTS(widths); w++) {
        struct style style = {.unicode = w % 2 == 0, .width = widths[w]};
        GString *out = g_string_new(NULL);
        story_write(out, &style, traces->pdata[0]);
        g_autofree char *text = g_string_free(out, FALSE);
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        int count = (int)g_strv_length(lines) - 1;
        for (int i = 0; i < count; i++)
            ck_assert_msg(text_columns(lines[i]) <= widths[w],
                          "%d columns at width %d: %s", text_columns(lines[i]),
                          widths[w], lines[i]);
        ck_assert_msg(widths[w] < 80 || count <= 25, "%d lines:\n%s", count,
                      text);
    }
}
END_TEST

START_TEST(a_trace_written_and_read_again_is_the_same) {
    g_autofree char *text = text_of(cases[_i], "trace");
    g_autoptr(GPtrArray) traces = trace_lines_read(text);
    g_autoptr(GString) again = g_string_new(NULL);
    trace_lines_write(again, traces->pdata[0]);
    ck_assert_msg(g_str_equal(text, again->str), "%s differs:\n%s", cases[_i],
                  again->str);
}
END_TEST

START_TEST(no_part_of_a_trace_breaks_anything) {
    struct style style;
    style_plain(&style);
    g_autofree char *text = text_of(cases[_i], "trace");
    size_t length = strlen(text);
    for (size_t cut = 0; cut < length; cut += 1 + length / 60) {
        g_autofree char *part = g_strndup(text, cut);
        g_autoptr(GPtrArray) traces = trace_lines_read(part);
        if (traces->len == 0)
            continue;
        struct trace *trace = traces->pdata[0];
        trace->found = true; // to have a story, whatever is missing
        g_free(told(trace, &style));
        g_autoptr(GString) steps = g_string_new(NULL);
        stepper_write(steps, &style, trace);
        for (guint i = 0; i <= trace->events->len; i += 7)
            g_free(moment_of(trace, 1, i));
    }
}
END_TEST

// The kinds of each trace, told about something else altogether.
START_TEST(facts_that_do_not_fit_the_kind_break_nothing) {
    static const char *const kinds[] = {
        "data-race",    "deadlock",         "lost-wakeup",  "livelock",
        "busy-wait",    "broken-invariant", "wrong-result", "crash",
        "memory-error", "api-misuse",       "something new"};
    struct style style;
    style_plain(&style);
    g_autoptr(GPtrArray) traces = traces_of(cases[_i]);
    struct trace *trace = traces->pdata[0];
    for (gsize k = 0; k < G_N_ELEMENTS(kinds); k++) {
        trace->kind = trace_text(trace, kinds[k]);
        g_autofree char *story = told(trace, &style);
        ck_assert_uint_gt(strlen(story), 0);
    }
}
END_TEST

START_TEST(a_deadlock_says_who_holds_what) {
    g_autoptr(GPtrArray) traces = traces_of("lock_cycle");
    const struct trace *trace = traces->pdata[0];
    g_autofree char *end = moment_of(trace, 1, trace->events->len);
    ck_assert_msg(strstr(end, "waits for ") && strstr(end, "holds `"), "%s",
                  end);
    g_autofree char *start = moment_of(trace, 1, 0);
    ck_assert_str_eq(start, "not yet created");
}
END_TEST

static struct trace *nothing_found(bool complete, int bound) {
    struct trace *trace = trace_new();
    trace->finished = true;
    trace->schedules_run = 1000;
    trace->complete = complete;
    trace->bound = bound;
    trace->interleavings = 1312;
    return trace;
}

START_TEST(a_pass_says_how_much_was_tried_and_no_more) {
    static const struct {
        bool complete;
        int bound;
        const char *says;
    } passes[] = {
        {false, 2, "one that was not tried may still fail"},
        {true, 2, "all 1,312 interleavings with at most 2 preemptions"},
        {true, -1, "These are all there are"},
    };
    struct style style;
    style_plain(&style);
    for (gsize i = 0; i < G_N_ELEMENTS(passes); i++) {
        g_autoptr(trace_auto) trace =
            nothing_found(passes[i].complete, passes[i].bound);
        g_autofree char *text = told(trace, &style);
        g_strdelimit(text, "\n", ' ');
        ck_assert_msg(strstr(text, "Nothing found in 1,000 schedules.") &&
                          strstr(text, passes[i].says),
                      "%s", text);
    }
}
END_TEST

START_TEST(without_a_verdict_the_reason_is_given) {
    struct style style;
    style_plain(&style);
    g_autoptr(trace_auto) trace = nothing_found(false, 2);
    trace->inconclusive = trace_text(trace, "it never ends");
    g_ptr_array_add(trace->uncontrolled, (char *)trace_text(trace, "fork"));
    g_autofree char *text = told(trace, &style);
    ck_assert_msg(strstr(text, "No verdict: it never ends.") &&
                      strstr(text, "control: fork."),
                  "%s", text);
}
END_TEST

START_TEST(hostile_text_cannot_reach_the_terminal) {
    g_autoptr(GPtrArray) traces = trace_lines_read(
        "{\"type\":\"lockstep-trace\",\"version\":1,\"seed\":1}\n"
        "{\"type\":\"thread\",\"id\":0,\"name\":\"\\u001b[2J\"}\n"
        "{\"type\":\"event\",\"step\":1,\"thread\":0,\"op\":\"write\","
        "\"object\":\"a\\u001b]0;x\\u0007\",\"value\":\"\\u009b\"}\n"
        "{\"type\":\"event\",\"step\":1,\"thread\":-5,\"op\":[]}\n"
        "{\"type\":\"event\",\"step\":99999999999999999999}\n"
        "{\"type\":\"waiting\",\"thread\":7,\"holders\":[1e99,\"x\",{}]}\n"
        "{\"type\":\"result\",\"found\":true,\"kind\":\"deadlock\","
        "\"message\":\"\\u001bc\",\"uncontrolled\":[1,null]}\n");
    struct style style;
    style_plain(&style);
    ck_assert_uint_eq(traces->len, 1);
    g_autofree char *text = told(traces->pdata[0], &style);
    g_autoptr(GString) steps = g_string_new(text);
    stepper_write(steps, &style, traces->pdata[0]);
    for (const char *c = steps->str; *c != '\0'; c++)
        ck_assert_msg(*c == '\n' || (unsigned char)*c >= 0x20, "\\x%02x",
                      (unsigned char)*c);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("report/story");
    TCase *golden = tcase_create("story");
    int count = (int)G_N_ELEMENTS(cases);
    tcase_set_timeout(golden, 60);
    tcase_add_loop_test(golden, every_kind_of_failure_has_its_golden_story, 0,
                        count);
    tcase_add_loop_test(golden, a_story_keeps_within_its_lines_and_columns, 0,
                        count);
    tcase_add_loop_test(golden, a_trace_written_and_read_again_is_the_same, 0,
                        count);
    tcase_add_loop_test(golden, no_part_of_a_trace_breaks_anything, 0, count);
    tcase_add_loop_test(golden, facts_that_do_not_fit_the_kind_break_nothing, 0,
                        count);
    tcase_add_test(golden, a_deadlock_says_who_holds_what);
    tcase_add_test(golden, a_pass_says_how_much_was_tried_and_no_more);
    tcase_add_test(golden, without_a_verdict_the_reason_is_given);
    tcase_add_test(golden, hostile_text_cannot_reach_the_terminal);
    suite_add_tcase(suite, golden);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
