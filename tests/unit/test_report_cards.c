// SPDX-License-Identifier: MIT
// The texts that a learner reads: one golden text for each kind of finding.
#include "report/card.h"

#include "report/terminal.h"
#include "report/text.h"
#include "test_report_fixture.h"

static char *card_of(const char *name, const struct style *style) {
    struct fixture f = fixture_load(name);
    GString *out = g_string_new(NULL);
    card_write(out, style, f.verdict);
    fixture_free(&f);
    return g_string_free(out, FALSE);
}

START_TEST(every_kind_of_finding_has_its_golden_text) {
    const char *kind = finding_kind_name((enum finding_kind)_i);
    struct style style;
    style_plain(&style);
    g_autofree char *text = card_of(kind, &style);
    g_autofree char *name = g_strconcat(kind, ".txt", NULL);
    fixture_expect(name, text);
}
END_TEST

START_TEST(no_line_is_wider_than_the_terminal) {
    static const int widths[] = {40, 60, 80, 100};
    for (gsize w = 0; w < G_N_ELEMENTS(widths); w++) {
        struct style style = {.unicode = true, .width = widths[w]};
        g_autofree char *text =
            card_of(finding_kind_name((enum finding_kind)_i), &style);
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        for (int i = 0; lines[i] != NULL; i++)
            ck_assert_msg(text_columns(lines[i]) <= widths[w],
                          "%d columns at width %d: %s", text_columns(lines[i]),
                          widths[w], lines[i]);
    }
}
END_TEST

START_TEST(the_main_finding_takes_at_most_25_lines) {
    struct style style;
    style_plain(&style);
    g_autofree char *text =
        card_of(finding_kind_name((enum finding_kind)_i), &style);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    int last = 0;
    for (int i = 0; lines[i] != NULL; i++) {
        if (g_str_has_prefix(lines[i], "Report "))
            last = i + 1;
    }
    ck_assert_msg(last <= 25, "%d lines:\n%s", last, text);
}
END_TEST

START_TEST(many_places_still_fit_into_25_lines) {
    struct style style;
    style_plain(&style);
    struct fixture f = fixture_load("deadlock");
    struct finding *main = f.verdict->findings->pdata[0];
    for (int i = 0; i < 20; i++)
        finding_add_place(main, "bank_ordered.c", 10, 5, "xfer", "T9",
                          "waits here for an account, held by another thread "
                          "which waits for another account in its turn");
    GString *out = g_string_new(NULL);
    card_write(out, &style, f.verdict);
    g_auto(GStrv) lines = g_strsplit(out->str, "\n", -1);
    int last = 0;
    for (int i = 0; lines[i] != NULL; i++) {
        if (g_str_has_prefix(lines[i], "Report "))
            last = i + 1;
    }
    ck_assert_msg(last > 0 && last <= 25, "%d lines:\n%s", last, out->str);
    ck_assert(strstr(out->str, "more places") != NULL);
    g_string_free(out, TRUE);
    fixture_free(&f);
}
END_TEST

START_TEST(a_learners_text_cannot_reach_the_terminal) {
    struct style style;
    style_plain(&style);
    struct fixture f = fixture_load("data-race");
    struct finding *main = f.verdict->findings->pdata[0];
    struct place *place = main->places->pdata[0];
    g_free(main->message);
    main->message = g_strdup("\033[2Jgone \xff\xfe \r\b \xe2\x80\xae txt");
    g_free(place->role);
    place->role = g_strdup("\033]0;title\a");
    g_free(f.verdict->source);
    f.verdict->source = g_strnfill(3000, '\n');
    memcpy(f.verdict->source + place->line - 1, "\033[31m\x9b\xc3", 7);
    g_ptr_array_add(f.verdict->notes, g_strdup("\033c note"));
    GString *out = g_string_new(NULL);
    card_write(out, &style, f.verdict);
    ck_assert(g_utf8_validate(out->str, -1, NULL));
    for (const char *p = out->str; *p != '\0'; p++)
        ck_assert_msg((guchar)*p >= 0x20 || *p == '\n', "byte 0x%02x in:\n%s",
                      (guchar)*p, out->str);
    ck_assert(strstr(out->str, "^[[2Jgone \\xff\\xfe ^M^H <U+202E> txt"));
    g_string_free(out, TRUE);
    fixture_free(&f);
}
END_TEST

START_TEST(a_card_without_utf8_is_ascii) {
    struct style style = {.unicode = false, .width = 80};
    g_autofree char *text = card_of("fd-leak", &style);
    ck_assert(g_str_is_ascii(text));
    fixture_expect("ascii.txt", text);
}
END_TEST

START_TEST(colours_only_if_asked_for) {
    struct style style = {.colour = true, .unicode = true, .width = 80};
    g_autofree char *text = card_of("data-race", &style);
    fixture_expect("colour.txt", text);
}
END_TEST

// --- All verdicts of a run --------------------------------------------------

static struct fixture simple(const char *id, int number,
                             enum verdict_value value) {
    struct fixture f =
        fixture_new(id, 4, "04-thread-safety", number, "A title");
    f.verdict->value = value;
    return f;
}

static void set_stage(struct fixture *f, enum stage stage,
                      enum verdict_value value, const char *reason,
                      bool cached) {
    struct stage_verdict *result = &f->verdict->stages[stage];
    result->value = value;
    result->reason = g_strdup(reason);
    result->cached = cached;
    result->wall_ms = 1200;
}

START_TEST(a_run_ends_with_a_table_and_counts) {
    struct fixture all[] = {
        fixture_load("data-race"),
        simple("hit_counter", 1, VERDICT_NOT_STARTED),
        simple("bank_ordered", 3, VERDICT_PASS),
        simple("rlock", 4, VERDICT_TROUBLE),
        simple("par_math", 5, VERDICT_PASS),
    };
    set_stage(&all[2], STAGE_BUILD, VERDICT_PASS, NULL, true);
    set_stage(&all[2], STAGE_TESTS, VERDICT_PASS, NULL, true);
    set_stage(&all[3], STAGE_BUILD, VERDICT_PASS, NULL, false);
    set_stage(&all[3], STAGE_TESTS, VERDICT_TROUBLE,
              "write 'build/outcomes/3f2a.json': No space left on device",
              false);
    set_stage(&all[4], STAGE_BUILD, VERDICT_PASS, NULL, false);
    set_stage(&all[4], STAGE_TESTS, VERDICT_PASS, NULL, false);
    set_stage(&all[4], STAGE_SPEED, VERDICT_UNDECIDED,
              "other programs took the processors while it was measured; "
              "close them and run make grade EX=par_math",
              false);
    g_ptr_array_add(all[4].verdict->notes,
                    g_strdup("You edited par_math.h. It was graded with the "
                             "original, which make reset restores."));
    g_autoptr(GPtrArray) verdicts = g_ptr_array_new();
    for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
        g_ptr_array_add(verdicts, all[i].verdict);
    struct style style;
    style_plain(&style);
    GString *out = g_string_new(NULL);
    terminal_write(out, &style, verdicts, 5300);
    fixture_expect("run.txt", out->str);
    g_string_free(out, TRUE);
    for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
        fixture_free(&all[i]);
}
END_TEST

START_TEST(one_exercise_that_passes_takes_few_lines) {
    struct fixture f = simple("par_math", 5, VERDICT_PASS);
    set_stage(&f, STAGE_BUILD, VERDICT_PASS, NULL, false);
    set_stage(&f, STAGE_TESTS, VERDICT_PASS, NULL, false);
    set_stage(&f, STAGE_SPEED, VERDICT_PASS,
              "1.87 times as fast on 2 threads (1.84 to 1.90)", false);
    g_autoptr(GPtrArray) verdicts = g_ptr_array_new();
    g_ptr_array_add(verdicts, f.verdict);
    struct style style;
    style_plain(&style);
    GString *out = g_string_new(NULL);
    terminal_write(out, &style, verdicts, 2100);
    fixture_expect("pass.txt", out->str);
    g_string_free(out, TRUE);
    fixture_free(&f);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("report/cards");
    TCase *tests = tcase_create("cards");
    tcase_add_loop_test(tests, every_kind_of_finding_has_its_golden_text, 0,
                        FINDING_KIND_COUNT);
    tcase_add_loop_test(tests, no_line_is_wider_than_the_terminal, 0,
                        FINDING_KIND_COUNT);
    tcase_add_loop_test(tests, the_main_finding_takes_at_most_25_lines, 0,
                        FINDING_KIND_COUNT);
    tcase_add_test(tests, many_places_still_fit_into_25_lines);
    tcase_add_test(tests, a_learners_text_cannot_reach_the_terminal);
    tcase_add_test(tests, a_card_without_utf8_is_ascii);
    tcase_add_test(tests, colours_only_if_asked_for);
    tcase_add_test(tests, a_run_ends_with_a_table_and_counts);
    tcase_add_test(tests, one_exercise_that_passes_takes_few_lines);
    suite_add_tcase(suite, tests);
    return fixture_run(suite);
}
