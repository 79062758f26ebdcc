// SPDX-License-Identifier: MIT
// docs/findings: every kind of finding has its page, short enough to be read,
// and its example is C that compiles.
#include <glib/gstdio.h>

#include "report/text.h"
#include "test_report_fixture.h"

static char *page_of(enum finding_kind kind) {
    g_autofree char *path =
        g_strdup_printf("docs/findings/%s.md", finding_kind_name(kind));
    char *text = NULL;
    ck_assert_msg(g_file_get_contents(path, &text, NULL, NULL), "no %s", path);
    return text;
}

// The text between "```c" and "```".
static char *example_of(const char *page) {
    const char *start = strstr(page, "\n```c\n");
    ck_assert_msg(start != NULL, "no example");
    start += strlen("\n```c\n");
    const char *end = strstr(start, "\n```\n");
    ck_assert_msg(end != NULL, "the example has no end");
    return g_strndup(start, (gsize)(end - start + 1));
}

static int count_words(const char *text) {
    int words = 0;
    g_auto(GStrv) parts = g_strsplit_set(text, " \n", -1);
    for (int i = 0; parts[i] != NULL; i++)
        words += parts[i][0] != '\0';
    return words;
}

START_TEST(every_kind_has_a_page_of_moderate_length) {
    enum finding_kind kind = (enum finding_kind)_i;
    g_autofree char *page = page_of(kind);
    g_autofree char *title = g_strdup_printf("# %s: ", finding_kind_name(kind));
    g_autofree char *example = example_of(page);
    ck_assert(g_str_has_prefix(page, title));
    int words = count_words(page) - count_words(example);
    ck_assert_msg(words >= 150 && words <= 300, "%s has %d words", title,
                  words);
}
END_TEST

START_TEST(pages_fit_into_80_columns) {
    g_autofree char *page = page_of((enum finding_kind)_i);
    g_auto(GStrv) lines = g_strsplit(page, "\n", -1);
    for (int i = 0; lines[i] != NULL; i++)
        ck_assert_msg(text_columns(lines[i]) <= 80, "%s", lines[i]);
}
END_TEST

START_TEST(every_example_compiles_without_a_warning) {
    g_autofree char *folder = g_dir_make_tmp("lockstep-XXXXXX", NULL);
    g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
    static const char *const fixed[] = {"clang-14",      "-std=gnu11",
                                        "-fsyntax-only", "-Wall",
                                        "-Wextra",       "-Werror"};
    for (gsize i = 0; i < G_N_ELEMENTS(fixed); i++)
        g_ptr_array_add(argv, g_strdup(fixed[i]));
    for (int i = 0; i < FINDING_KIND_COUNT; i++) {
        g_autofree char *page = page_of((enum finding_kind)i);
        g_autofree char *example = example_of(page);
        char *path = g_strdup_printf("%s/%s.c", folder,
                                     finding_kind_name((enum finding_kind)i));
        ck_assert(g_file_set_contents(path, example, -1, NULL));
        g_ptr_array_add(argv, path);
    }
    g_ptr_array_add(argv, NULL);
    g_autofree char *complaints = NULL;
    int status = -1;
    ck_assert(g_spawn_sync(NULL, (char **)argv->pdata, NULL,
                           G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, &complaints,
                           &status, NULL));
    for (guint i = G_N_ELEMENTS(fixed); i + 1 < argv->len; i++)
        g_unlink(argv->pdata[i]);
    g_rmdir(folder);
    ck_assert_msg(status == 0, "%s", complaints);
}
END_TEST

START_TEST(every_kind_has_its_why_and_its_next) {
    enum finding_kind kind = (enum finding_kind)_i;
    const char *texts[] = {explain_why(kind), explain_next(kind)};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        ck_assert_msg(texts[i] != NULL, "%s", finding_kind_name(kind));
        ck_assert(g_str_has_suffix(texts[i], "."));
        ck_assert(strchr(texts[i], '\n') == NULL);
        // Room for three lines beside a label, at 80 columns.
        ck_assert_int_le(text_columns(texts[i]), 3 * 71);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("report/findings");
    TCase *tests = tcase_create("findings");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, every_kind_has_a_page_of_moderate_length, 0,
                        FINDING_KIND_COUNT);
    tcase_add_loop_test(tests, pages_fit_into_80_columns, 0,
                        FINDING_KIND_COUNT);
    tcase_add_loop_test(tests, every_kind_has_its_why_and_its_next, 0,
                        FINDING_KIND_COUNT);
    tcase_add_test(tests, every_example_compiles_without_a_warning);
    suite_add_tcase(suite, tests);
    return fixture_run(suite);
}
