// SPDX-License-Identifier: MIT
#include <check.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "exec/store.h"

#define KEY "ab12cd34"

static struct outcome *make_outcome(void) {
    struct outcome *outcome = outcome_new();
    outcome->end = OUTCOME_SIGNALLED;
    outcome->code = 11;
    outcome->wall_ms = 123456789012;
    outcome->cpu_ms = 5;
    outcome->peak_kb = 70000;
    outcome->output_capped = true;
    outcome->records_dropped = 3;
    g_free(outcome->output);
    outcome->output = g_strdup("a\n\"b\"\\ \033[1m \x01 \xef\xbf\xbd ü\t");
    outcome->trouble = g_strdup("It's full.");
    const char *fields[] = {"", "two\nlines", "ü", NULL};
    outcome_take_record(outcome, RECORD_FAIL, 4, 7, g_strdupv((GStrv)fields));
    const char *none[] = {NULL};
    outcome_take_record(outcome, RECORD_BYE, -1, 7, g_strdupv((GStrv)none));
    g_hash_table_insert(outcome->files, g_strdup("a/b.txt"), g_strdup("x\n"));
    g_hash_table_insert(outcome->files, g_strdup("c"), g_strdup(""));
    return outcome;
}

static void assert_same(const struct outcome *a, const struct outcome *b) {
    ck_assert_int_eq(a->end, b->end);
    ck_assert_int_eq(a->code, b->code);
    ck_assert_int_eq(a->wall_ms, b->wall_ms);
    ck_assert_int_eq(a->cpu_ms, b->cpu_ms);
    ck_assert_int_eq(a->peak_kb, b->peak_kb);
    ck_assert_int_eq(a->output_capped, b->output_capped);
    ck_assert_int_eq(a->records_dropped, b->records_dropped);
    ck_assert_str_eq(a->output, b->output);
    ck_assert_pstr_eq(a->trouble, b->trouble);
    ck_assert_uint_eq(a->records->len, b->records->len);
    for (guint i = 0; i < a->records->len; i++) {
        const struct record *one = g_ptr_array_index(a->records, i);
        const struct record *two = g_ptr_array_index(b->records, i);
        ck_assert_int_eq(one->type, two->type);
        ck_assert_int_eq(one->test, two->test);
        ck_assert_int_eq(one->pid, two->pid);
        ck_assert(g_strv_equal((const char *const *)one->fields,
                               (const char *const *)two->fields));
    }
    ck_assert_uint_eq(g_hash_table_size(a->files), g_hash_table_size(b->files));
    ck_assert_str_eq(g_hash_table_lookup(b->files, "a/b.txt"), "x\n");
    ck_assert_str_eq(g_hash_table_lookup(b->files, "c"), "");
}

START_TEST(what_is_saved_is_loaded) {
    g_autofree char *folder = g_dir_make_tmp("lockstep-storeXXXXXX", NULL);
    g_autofree char *cache = g_build_filename(folder, "new", "cache", NULL);
    g_autofree char *file = g_build_filename(cache, "ab", KEY ".json", NULL);
    struct outcome *saved = make_outcome();
    ck_assert(store_load(cache, KEY) == NULL);
    for (int i = 0; i < 2; i++) // the second replaces the first
        ck_assert(store_save(cache, KEY, saved, NULL));
    ck_assert(g_file_test(file, G_FILE_TEST_IS_REGULAR));
    struct outcome *loaded = store_load(cache, KEY);
    ck_assert_ptr_nonnull(loaded);
    ck_assert(loaded->cached);
    assert_same(saved, loaded);
    outcome_free(saved);
    outcome_free(loaded);
    g_unlink(file);
    for (char *at = g_path_get_dirname(file); strcmp(at, "/tmp") != 0;) {
        ck_assert_msg(g_rmdir(at) == 0, "more than one file in '%s'", at);
        char *up = g_path_get_dirname(at);
        g_free(at);
        at = up;
        if (strcmp(folder, at) == 0) {
            g_rmdir(at);
            g_free(at);
            break;
        }
    }
}
END_TEST

START_TEST(saving_where_it_cannot_is_an_error) {
    struct outcome *outcome = make_outcome();
    g_autoptr(GError) error = NULL;
    ck_assert(!store_save("/proc/none", KEY, outcome, &error));
    ck_assert_msg(strstr(error->message, "/proc/none") != NULL, "%s",
                  error->message);
    outcome_free(outcome);
}
END_TEST

// Cuts the text at every place, and spoils every byte of it: never a crash,
// and never something half.
START_TEST(damaged_counts_as_absent) {
    struct outcome *outcome = make_outcome();
    g_autofree char *text = store_to_json(outcome);
    size_t size = strlen(text);
    for (size_t cut = 0; cut < size; cut++)
        ck_assert_msg(store_from_json(text, (gssize)cut) == NULL,
                      "read although cut at %zu", cut);
    for (size_t i = 0; i < size; i++) {
        char byte = text[i];
        for (const char *other = "{[\"0-,x"; *other != '\0'; other++) {
            text[i] = *other;
            outcome_free(store_from_json(text, (gssize)size));
        }
        text[i] = byte;
    }
    outcome_free(outcome);
}
END_TEST

START_TEST(wrong_types_count_as_absent) {
    struct outcome *outcome = make_outcome();
    g_autofree char *text = store_to_json(outcome);
    static const char *const members[] = {
        "version", "end",    "code",  "wall_ms", "output_capped", "output",
        "records", "fields", "files", "c",       "trouble",       "type"};
    static const char *const values[] = {"null", "{}",    "[]",   "[1]",
                                         "1.5",  "\"x\"", "true", "{\"a\":1}"};
    int read = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
        for (size_t j = 0; j < G_N_ELEMENTS(values); j++) {
            // The first of two members of one name loses.
            g_autofree char *spoilt =
                g_strdup_printf("%.*s, \"%s\" : %s}", (int)strlen(text) - 1,
                                text, members[i], values[j]);
            struct outcome *loaded =
                store_from_json(spoilt, (gssize)strlen(spoilt));
            read += loaded != NULL;
            outcome_free(loaded);
        }
    // Strings for output and trouble, a truth value, an empty list or object,
    // and the members that the outermost object does not have.
    ck_assert_int_eq(read, 1 + 1 + 1 + 1 + 1 + 3 * 8);
    outcome_free(outcome);
}
END_TEST

START_TEST(only_what_would_happen_again_is_saved) {
    struct outcome *outcome = outcome_new();
    outcome->end = OUTCOME_EXITED;
    outcome->code = 1;
    ck_assert(store_is_worth_saving(outcome));
    outcome->end = OUTCOME_TROUBLE;
    ck_assert(!store_is_worth_saving(outcome));
    outcome->end = OUTCOME_NOT_RUN;
    ck_assert(!store_is_worth_saving(outcome));
    outcome->end = OUTCOME_SIGNALLED;
    outcome->code = SIGKILL;
    ck_assert(!store_is_worth_saving(outcome));
    outcome_free(outcome);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("exec/store");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 60);
    tcase_add_test(all, what_is_saved_is_loaded);
    tcase_add_test(all, saving_where_it_cannot_is_an_error);
    tcase_add_test(all, damaged_counts_as_absent);
    tcase_add_test(all, wrong_types_count_as_absent);
    tcase_add_test(all, only_what_would_happen_again_is_saved);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
