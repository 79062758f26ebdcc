// SPDX-License-Identifier: MIT
// Every reader against what its tool really said: tests/golden/read/<reader>/
// holds <case>.txt (made by `regenerate`, never edited), <case>.c (the program)
// and <case>.expect, a dump of the findings. A difference is shown in full;
// after a change that is meant, run this test with UPDATE=1.
#include <check.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "read/asan.h"
#include "read/clang.h"
#include "read/lint.h"
#include "read/tsan.h"
#include "read/valgrind.h"

#define FOLDER "tests/golden/read"

static char *dump(const GPtrArray *findings) {
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < findings->len; i++) {
        const struct finding *finding = findings->pdata[i];
        g_string_append_printf(text, "[%s] %s\n",
                               finding_kind_name(finding->kind),
                               finding->message);
        for (guint p = 0; p < finding->places->len; p++) {
            const struct place *place = finding->places->pdata[p];
            g_string_append_printf(text, "  %s:%d:%d %s (%s): %s\n",
                                   place->file, place->line, place->column,
                                   place->function ? place->function : "-",
                                   place->thread ? place->thread : "-",
                                   place->role ? place->role : "-");
        }
        if (finding->why != NULL)
            g_string_append_printf(text, "  why: %s\n", finding->why);
        if (finding->next != NULL)
            g_string_append_printf(text, "  next: %s\n", finding->next);
    }
    return g_string_free(text, FALSE);
}

static void read_case(const struct read_context *context, const char *reader,
                      const char *name, const char *text, GPtrArray *findings) {
    if (g_str_equal(reader, "tsan")) {
        tsan_read(context, text, findings);
    } else if (g_str_equal(reader, "asan")) {
        asan_read(context, text, findings);
    } else if (g_str_equal(reader, "clang")) {
        clang_read(context, text, findings);
    } else if (g_str_equal(reader, "valgrind")) {
        valgrind_read(context, text, findings);
    } else if (g_str_equal(reader, "lint")) {
        g_auto(GStrv) halves = g_strsplit(text, "====\n", 2);
        lint_read(context, halves[0], halves[1], findings);
    } else {
        ck_abort_msg("no reader for %s/%s", reader, name);
    }
}

static void check_case(const char *reader, const char *name) {
    g_autofree char *stem = g_strdup_printf(FOLDER "/%s/%s", reader, name);
    g_autofree char *input = g_strconcat(stem, ".txt", NULL);
    g_autofree char *expect = g_strconcat(stem, ".expect", NULL);
    g_autofree char *program = g_strndup(name, strcspn(name, "-"));
    g_autofree char *file = g_strconcat(program, ".c", NULL);
    g_autofree char *path = g_strdup_printf(FOLDER "/%s/%s", reader, file);
    g_autofree char *text = NULL, *source = NULL, *wanted = NULL;
    ck_assert_msg(g_file_get_contents(input, &text, NULL, NULL), "no %s",
                  input);
    ck_assert_msg(g_file_get_contents(path, &source, NULL, NULL), "no %s",
                  path);
    const char *api[] = {"bank_total", "bank_new", NULL};
    const char *none[] = {NULL};
    struct exercise exercise = {
        .id = "golden", .api = (GStrv)api, .allow = (GStrv)none};
    struct read_context context = {&exercise, STAGE_TESTS, file, source};
    g_autoptr(GPtrArray) findings = findings_new();
    read_case(&context, reader, name, text, findings);
    g_autofree char *seen = dump(findings);
    if (g_getenv("UPDATE") != NULL)
        g_file_set_contents(expect, seen, -1, NULL);
    ck_assert_msg(g_file_get_contents(expect, &wanted, NULL, NULL), "no %s",
                  expect);
    ck_assert_msg(g_str_equal(seen, wanted),
                  "%s\n--- wanted:\n%s\n--- seen:\n%s", stem, wanted, seen);
    // No prefix of a report may crash a reader, whatever it makes of it.
    size_t length = strlen(text);
    for (size_t cut = 0; cut < length; cut += 1 + length / 40) {
        g_autofree char *part = g_strndup(text, cut);
        g_autoptr(GPtrArray) some = findings_new();
        if (!g_str_equal(reader, "lint"))
            read_case(&context, reader, name, part, some);
    }
}

static int check_folder(const char *reader) {
    g_autofree char *path = g_strdup_printf(FOLDER "/%s", reader);
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    ck_assert_msg(folder != NULL, "no %s: run this in the workbook's root",
                  path);
    int count = 0;
    for (const char *entry; (entry = g_dir_read_name(folder)) != NULL;) {
        if (!g_str_has_suffix(entry, ".txt"))
            continue;
        g_autofree char *name = g_strndup(entry, strlen(entry) - 4);
        check_case(reader, name);
        count++;
    }
    return count;
}

#define GOLDEN(reader, least)                                                  \
    START_TEST(reader##_reports_become_findings) {                             \
        ck_assert_int_ge(check_folder(#reader), least);                        \
    }                                                                          \
    END_TEST
GOLDEN(tsan, 6)
GOLDEN(asan, 10)
GOLDEN(clang, 3)
GOLDEN(valgrind, 3)
GOLDEN(lint, 1)

int main(void) {
    Suite *suite = suite_create("read/golden");
    TCase *cases = tcase_create("golden");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, tsan_reports_become_findings);
    tcase_add_test(cases, asan_reports_become_findings);
    tcase_add_test(cases, clang_reports_become_findings);
    tcase_add_test(cases, valgrind_reports_become_findings);
    tcase_add_test(cases, lint_reports_become_findings);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
