// SPDX-License-Identifier: MIT
#include "book/progress.h"

#include <check.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "book/book.h"
#include "workbook.h"

#define ANSWER "exercises/04-safety/first.c"
#define OTHER "exercises/04-safety/second.c"
#define STUB "int f(void) { return -1; } // TODO\n"

static char *root;
static struct book *book;
static const struct exercise *first;
static const struct exercise *second;

static void set_up(void) {
    root = workbook_new();
    workbook_write(root, "exercises/04-safety/chapter.ini",
                   "[chapter]\nnumber = 4\ntitle = Safety\n"
                   "[first]\nnumber = 1\ntitle = One\nstars = 1\nminutes = 9\n"
                   "stages = build;tests\napi = f\n"
                   "[second]\nnumber = 2\ntitle = Two\nstars = 1\nminutes = 9\n"
                   "stages = build;tests\napi = f\n");
    workbook_write(root, "exercises/04-safety/.hidden/first.stub.c", STUB);
    workbook_write(root, "exercises/04-safety/.hidden/second.stub.c", STUB);
    workbook_write(root, ANSWER, STUB);
    workbook_write(root, OTHER, STUB);
    book = book_load(root, NULL);
    ck_assert_ptr_nonnull(book);
    first = book_find(book, "first");
    second = book_find(book, "second");
}

static void tear_down(void) {
    workbook_remove(root);
    book_free(book);
    g_free(root);
}

static void save(const struct exercise *exercise, enum verdict_value value) {
    g_autofree char *path = g_build_filename(root, exercise->answer, NULL);
    g_autofree char *hash = progress_hash_file(path);
    ck_assert(progress_save(book, exercise, value, hash, NULL));
}

static void expect_state(enum progress_state wanted) {
    ck_assert_str_eq(progress_state_name(progress_state(book, first)),
                     progress_state_name(wanted));
}

START_TEST(the_untouched_stub_is_not_started) {
    expect_state(PROGRESS_NOT_STARTED);
}
END_TEST

START_TEST(an_edited_answer_is_changed_until_it_is_graded) {
    workbook_write(root, ANSWER, "int f(void) { return 0; }\n");
    expect_state(PROGRESS_CHANGED);
    save(first, VERDICT_PASS);
    expect_state(PROGRESS_PASSED);
}
END_TEST

START_TEST(a_verdict_does_not_outlive_an_edit) {
    workbook_write(root, ANSWER, "int f(void) { return 0; }\n");
    save(first, VERDICT_PASS);
    workbook_write(root, ANSWER, "int f(void) { return 2; }\n");
    expect_state(PROGRESS_CHANGED);
}
END_TEST

START_TEST(a_blocked_answer_has_failed) {
    workbook_write(root, ANSWER, "int f(\n");
    save(first, VERDICT_BLOCKED);
    expect_state(PROGRESS_FAILED);
}
END_TEST

START_TEST(trouble_of_the_grader_changes_nothing) {
    workbook_write(root, ANSWER, "int f(void) { return 0; }\n");
    save(first, VERDICT_PASS);
    save(first, VERDICT_TROUBLE);
    expect_state(PROGRESS_PASSED);
}
END_TEST

START_TEST(what_is_no_regular_file_is_missing) {
    g_autofree char *path = g_build_filename(root, ANSWER, NULL);
    g_unlink(path);
    expect_state(PROGRESS_MISSING);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    expect_state(PROGRESS_MISSING);
}
END_TEST

START_TEST(a_broken_record_is_as_good_as_none) {
    workbook_write(root, ANSWER, "int f(void) { return 0; }\n");
    workbook_write(root, "build/state/first.ini", "\1\2 no ini");
    expect_state(PROGRESS_CHANGED);
    save(first, VERDICT_PASS);
    expect_state(PROGRESS_PASSED);
}
END_TEST

START_TEST(next_is_what_was_begun_before_what_was_not) {
    ck_assert_ptr_eq(progress_next(book), first);
    workbook_write(root, OTHER, "int f(void) { return 0; }\n");
    ck_assert_ptr_eq(progress_next(book), second);
    save(second, VERDICT_PASS);
    ck_assert_ptr_eq(progress_next(book), first);
    workbook_write(root, ANSWER, "int f(void) { return 0; }\n");
    save(first, VERDICT_PASS);
    ck_assert_ptr_null(progress_next(book));
}
END_TEST

START_TEST(hints_and_verdict_do_not_disturb_each_other) {
    workbook_write(root, ANSWER, "int f(void) { return 0; }\n");
    ck_assert_int_eq(progress_hints(book, first), 0);
    ck_assert(progress_save_hints(book, first, 2, NULL));
    save(first, VERDICT_PASS);
    ck_assert_int_eq(progress_hints(book, first), 2);
    expect_state(PROGRESS_PASSED);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("progress");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, the_untouched_stub_is_not_started);
    tcase_add_test(tests, an_edited_answer_is_changed_until_it_is_graded);
    tcase_add_test(tests, a_verdict_does_not_outlive_an_edit);
    tcase_add_test(tests, a_blocked_answer_has_failed);
    tcase_add_test(tests, trouble_of_the_grader_changes_nothing);
    tcase_add_test(tests, what_is_no_regular_file_is_missing);
    tcase_add_test(tests, a_broken_record_is_as_good_as_none);
    tcase_add_test(tests, next_is_what_was_begun_before_what_was_not);
    tcase_add_test(tests, hints_and_verdict_do_not_disturb_each_other);
    Suite *suite = suite_create("progress");
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
