// SPDX-License-Identifier: MIT
#include "book/book.h"

#include <check.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "workbook.h"

#define GOOD_CHAPTER "[chapter]\nnumber = 4\ntitle = Thread safety\n"
#define GOOD_EXERCISE                                                          \
    "[bank]\nnumber = 2\ntitle = The bank\nstars = 2\nminutes = 40\n"          \
    "stages = build;tests;races\napi = bank_new;bank_free\n"

// Loads a workbook with this one chapter.ini; the error's message, or NULL.
static char *message_for(const char *ini) {
    g_autofree char *root = workbook_new();
    workbook_write(root, "exercises/04-safety/chapter.ini", ini);
    GError *error = NULL;
    g_autoptr(book_auto) book = book_load(root, &error);
    workbook_remove(root);
    ck_assert((book == NULL) == (error != NULL));
    char *message = error ? g_strdup(error->message) : NULL;
    g_clear_error(&error);
    return message;
}

static void expect_refused(const char *ini, const char *first,
                           const char *second) {
    g_autofree char *message = message_for(ini);
    ck_assert_msg(message != NULL, "accepted:\n%s", ini);
    ck_assert_msg(strstr(message, "exercises/04-safety/chapter.ini") != NULL,
                  "the file is not named: %s", message);
    ck_assert_msg(strstr(message, first) != NULL, "no '%s' in: %s", first,
                  message);
    ck_assert_msg(strstr(message, second) != NULL, "no '%s' in: %s", second,
                  message);
}

START_TEST(a_whole_exercise_is_read) {
    g_autofree char *root = workbook_new();
    workbook_write(root, "exercises/04-safety/chapter.ini",
                   GOOD_CHAPTER GOOD_EXERCISE
                   "allow = curl; processes\nlibs = m\nmemcheck = true\n");
    GError *error = NULL;
    g_autoptr(book_auto) book = book_load(root, &error);
    ck_assert_msg(book != NULL, "%s", error ? error->message : "");
    const struct exercise *bank = book_find(book, "bank");
    ck_assert_ptr_nonnull(bank);
    ck_assert_int_eq(bank->number, 2);
    ck_assert_int_eq(bank->chapter->number, 4);
    ck_assert_str_eq(bank->title, "The bank");
    ck_assert_int_eq(bank->stars, 2);
    ck_assert_int_eq(bank->minutes, 40);
    ck_assert(bank->stages[STAGE_RACES] && !bank->stages[STAGE_LOCKS]);
    ck_assert_str_eq(bank->api[1], "bank_free");
    ck_assert_str_eq(bank->allow[1], "processes");
    ck_assert_str_eq(bank->libs[0], "m");
    ck_assert_ptr_nonnull(bank->needs);
    ck_assert(bank->memcheck);
    workbook_remove(root);
}
END_TEST

START_TEST(paths_follow_from_the_id_and_the_folder) {
    g_autofree char *root = workbook_new();
    workbook_write(root, "exercises/04-safety/chapter.ini",
                   GOOD_CHAPTER GOOD_EXERCISE);
    g_autoptr(book_auto) book = book_load(root, NULL);
    const struct exercise *bank = book_find(book, "bank");
    ck_assert_str_eq(bank->answer, "exercises/04-safety/bank.c");
    ck_assert_str_eq(bank->header, "exercises/04-safety/.hidden/bank.h");
    ck_assert_str_eq(bank->stub, "exercises/04-safety/.hidden/bank.stub.c");
    ck_assert_str_eq(bank->suite, "exercises/04-safety/.hidden/bank_suite.c");
    ck_assert_str_eq(bank->hints, "exercises/04-safety/.hidden/bank.hints.md");
    ck_assert_str_eq(bank->solution, "solutions/04-safety/bank.c");
    ck_assert_str_eq(bank->variants, "tests/variants/04-safety/bank");
    workbook_remove(root);
}
END_TEST

START_TEST(wrong_values_are_named_with_what_is_allowed) {
    expect_refused(GOOD_CHAPTER "[bank]\nnumber = two\n", "[bank] number = two",
                   "from 1 to 99");
    expect_refused(GOOD_CHAPTER "[bank]\nnumber = 2\ntitle = x\nstars = 6\n",
                   "[bank] stars = 6", "from 1 to 5");
    expect_refused(GOOD_CHAPTER GOOD_EXERCISE "memcheck = yes\n",
                   "[bank] memcheck = yes", "true or false");
    expect_refused(GOOD_CHAPTER GOOD_EXERCISE "allow = network\n",
                   "'network' is unknown", "processes, curl, sockets");
    expect_refused(GOOD_CHAPTER GOOD_EXERCISE "libs = m;m\n",
                   "[bank] libs = m;m", "twice");
    expect_refused("[chapter]\nnumber = 5\ntitle = x\n", "[chapter] number = 5",
                   "05-");
}
END_TEST

START_TEST(wrong_stages_are_named_with_what_is_allowed) {
    const char *start = GOOD_CHAPTER "[bank]\nnumber = 2\ntitle = The bank\n"
                                     "stars = 2\nminutes = 40\napi = f\n";
    g_autofree char *unknown =
        g_strconcat(start, "stages = build;test\n", NULL);
    g_autofree char *few = g_strconcat(start, "stages = build;races\n", NULL);
    expect_refused(unknown, "'test' is unknown", "build, tests, memory");
    expect_refused(few, "[bank] stages = build;races", "build and tests");
}
END_TEST

START_TEST(unknown_and_missing_keys_are_refused) {
    expect_refused(GOOD_CHAPTER GOOD_EXERCISE "star = 2\n",
                   "unknown key 'star'", "number, title, stars");
    expect_refused(GOOD_CHAPTER "[bank]\nnumber = 2\n", "[bank]",
                   "the key 'title' is missing");
    expect_refused("[bank]\nnumber = 2\n", "[chapter]", "missing");
    expect_refused("number = 2\n", "chapter.ini", "");
}
END_TEST

START_TEST(nothing_may_be_there_twice) {
    expect_refused(GOOD_CHAPTER GOOD_EXERCISE GOOD_EXERCISE, "[bank]", "twice");
    expect_refused(GOOD_CHAPTER GOOD_EXERCISE "number = 3\n", "[bank] number",
                   "twice");
    expect_refused(GOOD_CHAPTER GOOD_EXERCISE
                   "[other]\nnumber = 2\ntitle = x\nstars = 1\nminutes = 1\n"
                   "stages = build;tests\napi = f\n",
                   "[other]", "number = 2");
}
END_TEST

START_TEST(an_id_is_unique_in_the_workbook) {
    g_autofree char *root = workbook_new();
    workbook_write(root, "exercises/04-safety/chapter.ini",
                   GOOD_CHAPTER GOOD_EXERCISE);
    workbook_write(root, "exercises/05-more/chapter.ini",
                   "[chapter]\nnumber = 5\ntitle = More\n" GOOD_EXERCISE);
    GError *error = NULL;
    g_autoptr(book_auto) book = book_load(root, &error);
    ck_assert_ptr_null(book);
    ck_assert(g_error_matches(error, BOOK_ERROR, BOOK_ERROR_VALUE));
    ck_assert_ptr_nonnull(strstr(error->message, "05-more"));
    ck_assert_ptr_nonnull(strstr(error->message, "04-safety"));
    g_clear_error(&error);
    workbook_remove(root);
}
END_TEST

START_TEST(needs_name_exercises_that_come_before) {
    expect_refused(GOOD_CHAPTER GOOD_EXERCISE "needs = nobody\n",
                   "needs = nobody", "no such exercise");
    expect_refused(GOOD_CHAPTER GOOD_EXERCISE "needs = bank\n", "needs = bank",
                   "before this one");
}
END_TEST

START_TEST(a_chapter_folder_without_ini_is_an_error) {
    g_autofree char *root = workbook_new();
    workbook_write(root, "exercises/04-safety/README.md", "");
    GError *error = NULL;
    g_autoptr(book_auto) book = book_load(root, &error);
    ck_assert_ptr_null(book);
    ck_assert(g_error_matches(error, BOOK_ERROR, BOOK_ERROR_READ));
    ck_assert_ptr_nonnull(
        strstr(error->message, "exercises/04-safety/chapter.ini"));
    g_clear_error(&error);
    workbook_remove(root);
}
END_TEST

START_TEST(the_root_is_found_from_below) {
    g_autofree char *root = workbook_new();
    workbook_write(root, "exercises/04-safety/chapter.ini", GOOD_CHAPTER);
    g_autofree char *below =
        g_build_filename(root, "exercises/04-safety", NULL);
    g_autofree char *found = book_find_root(below, NULL);
    ck_assert_pstr_eq(found, root);
    workbook_remove(root);
}
END_TEST

START_TEST(outside_a_workbook_there_is_no_root) {
    GError *error = NULL;
    ck_assert_ptr_null(book_find_root("/", &error));
    ck_assert(g_error_matches(error, BOOK_ERROR, BOOK_ERROR_NO_ROOT));
    g_clear_error(&error);
}
END_TEST

START_TEST(a_missing_file_of_the_author_is_named) {
    g_autofree char *root = workbook_new();
    workbook_write(root, "exercises/04-safety/chapter.ini",
                   GOOD_CHAPTER GOOD_EXERCISE);
    workbook_write(root, "exercises/04-safety/.hidden/bank.h", "");
    g_autoptr(book_auto) book = book_load(root, NULL);
    GError *error = NULL;
    ck_assert(!book_check_files(book, book_find(book, "bank"), &error));
    ck_assert(g_error_matches(error, BOOK_ERROR, BOOK_ERROR_FILE));
    ck_assert_ptr_nonnull(strstr(error->message, ".hidden/bank.stub.c"));
    g_clear_error(&error);
    workbook_remove(root);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("book");
    tcase_add_test(tests, a_whole_exercise_is_read);
    tcase_add_test(tests, paths_follow_from_the_id_and_the_folder);
    tcase_add_test(tests, wrong_values_are_named_with_what_is_allowed);
    tcase_add_test(tests, wrong_stages_are_named_with_what_is_allowed);
    tcase_add_test(tests, unknown_and_missing_keys_are_refused);
    tcase_add_test(tests, nothing_may_be_there_twice);
    tcase_add_test(tests, an_id_is_unique_in_the_workbook);
    tcase_add_test(tests, needs_name_exercises_that_come_before);
    tcase_add_test(tests, a_chapter_folder_without_ini_is_an_error);
    tcase_add_test(tests, the_root_is_found_from_below);
    tcase_add_test(tests, outside_a_workbook_there_is_no_root);
    tcase_add_test(tests, a_missing_file_of_the_author_is_named);
    Suite *suite = suite_create("book");
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
