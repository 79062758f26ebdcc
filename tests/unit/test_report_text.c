// SPDX-License-Identifier: MIT
// Texts of learners and tools on their way to a terminal.
#include "report/text.h"

#include "test_report_fixture.h"

static const struct style utf8 = {.unicode = true, .width = 80};
static const struct style ascii = {.unicode = false, .width = 80};

static void expect_clean(const struct style *style, const char *text,
                         const char *expected) {
    g_autofree char *clean = text_clean(style, text);
    ck_assert_str_eq(clean, expected);
}

START_TEST(control_characters_become_visible) {
    expect_clean(&utf8, "a\033[31mb\a\x7f", "a^[[31mb^G^?");
    expect_clean(&utf8, "one\r\ntwo\rthree", "one\ntwo^Mthree");
    expect_clean(&utf8,
                 "\xc2\x9b"
                 "2J",
                 "<U+009B>2J");
}
END_TEST

START_TEST(characters_that_hide_or_reorder_text_become_visible) {
    expect_clean(&utf8,
                 "a\xe2\x80\xae"
                 "b",
                 "a<U+202E>b");
    expect_clean(&utf8,
                 "a\xe2\x80\x8b"
                 "b",
                 "a<U+200B>b");
    expect_clean(&utf8,
                 "a\xef\xbb\xbf"
                 "b",
                 "a<U+FEFF>b");
}
END_TEST

START_TEST(bytes_that_are_no_utf8_become_visible) {
    expect_clean(&utf8,
                 "a\xff"
                 "b\xc3",
                 "a\\xffb\\xc3");
    expect_clean(&utf8, "caf\xc3\xa9", "café");
    expect_clean(&ascii, "caf\xc3\xa9 \xff", "caf? \\xff");
}
END_TEST

START_TEST(tabs_reach_to_the_next_multiple_of_four) {
    expect_clean(&utf8, "\tx\ty", "    x   y");
    expect_clean(&utf8, "ab\n\tc", "ab\n    c");
}
END_TEST

START_TEST(a_megabyte_of_tabs_is_no_trouble) {
    g_autofree char *tabs = g_strnfill(1 << 20, '\t');
    g_autofree char *clean = text_clean(&utf8, tabs);
    ck_assert_uint_eq(strlen(clean), 4 << 20);
}
END_TEST

START_TEST(wide_and_combining_characters_are_measured) {
    ck_assert_int_eq(text_columns("漢字"), 4);
    ck_assert_int_eq(text_columns("e\xcc\x81"), 1);
}
END_TEST

START_TEST(what_is_too_long_is_cut_and_says_so) {
    g_autofree char *same = text_cut(&utf8, "exactly", 7);
    g_autofree char *cut = text_cut(&utf8, "one two\nthree", 9);
    g_autofree char *plain = text_cut(&ascii, "one two three", 9);
    g_autofree char *wide = text_cut(&utf8, "漢字漢字", 6);
    ck_assert_str_eq(same, "exactly");
    ck_assert_str_eq(cut, "one two…");
    ck_assert_str_eq(plain, "one tw...");
    ck_assert_str_eq(wide, "漢字…");
}
END_TEST

START_TEST(lines_break_at_blanks_and_long_words_anywhere) {
    g_autoptr(GPtrArray) lines =
        text_wrap("a few words abcdefghijkl\n  next", 7);
    const char *expected[] = {"a few", "words", "abcdefg", "hijkl", "  next"};
    ck_assert_uint_eq(lines->len, G_N_ELEMENTS(expected));
    for (guint i = 0; i < lines->len; i++)
        ck_assert_str_eq(lines->pdata[i], expected[i]);
}
END_TEST

START_TEST(an_empty_text_has_no_lines) {
    g_autoptr(GPtrArray) lines = text_wrap("", 10);
    ck_assert_uint_eq(lines->len, 0);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("report/text");
    TCase *tests = tcase_create("text");
    tcase_add_test(tests, control_characters_become_visible);
    tcase_add_test(tests, characters_that_hide_or_reorder_text_become_visible);
    tcase_add_test(tests, bytes_that_are_no_utf8_become_visible);
    tcase_add_test(tests, tabs_reach_to_the_next_multiple_of_four);
    tcase_add_test(tests, a_megabyte_of_tabs_is_no_trouble);
    tcase_add_test(tests, wide_and_combining_characters_are_measured);
    tcase_add_test(tests, what_is_too_long_is_cut_and_says_so);
    tcase_add_test(tests, lines_break_at_blanks_and_long_words_anywhere);
    tcase_add_test(tests, an_empty_text_has_no_lines);
    suite_add_tcase(suite, tests);
    return fixture_run(suite);
}
