// SPDX-License-Identifier: MIT
#include "lib/h1.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void reads(const char *html, size_t length, const char *wanted) {
    char *text = h1_text(html, length);
    if (wanted == NULL) {
        ck_assert_msg(text == NULL, "\"%s\" gave \"%s\"", html, text);
        ck_assert_int_eq(errno, 0);
        return;
    }
    ck_assert_msg(text != NULL && strcmp(text, wanted) == 0,
                  "\"%s\" gave \"%s\", not \"%s\"", html,
                  text == NULL ? "(NULL)" : text, wanted);
    free(text);
}

START_TEST(the_first_heading_counts) {
    static const struct {
        const char *html, *text;
    } cases[] = {
        {"<h1>A</h1>", "A"},
        {"<html><body><h1>A</h1><h1>B</h1>", "A"},
        {"<H1 class=\"big\" id=x>Upper</H1 >", "Upper"},
        {"<h10>no</h10><h1>yes</h1>", "yes"},
        {"<header><h1>head</h1></header>", "head"},
        {"<!-- <h1>no</h1> --><h1>yes</h1>", "yes"},
        {"<h1>a <!-- </h1> --> b</h1>", "a b"},
        {"<h1>  two\n\t words </h1>", "two words"},
        {"<h1><a href=\"/\">link</a>ed <b>text</b></h1>", "linked text"},
        {"<h1></h1>", ""},
        {"5 < 6 <h1>1 &lt; 2</h1>", "1 &lt; 2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        reads(cases[i].html, strlen(cases[i].html), cases[i].text);
}
END_TEST

START_TEST(without_a_whole_heading_there_is_none) {
    static const char *const cases[] = {
        "",        "plain",    "<h2>A</h2>", "<h1>A",        "<h1",
        "<h1>A</h1", "<h1>A</h", "<!-- <h1>A</h1>", "<h1>A<!-- </h1>", "<",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        reads(cases[i], strlen(cases[i]), NULL);
    reads(NULL, 0, NULL);
}
END_TEST

START_TEST(only_len_bytes_are_read) {
    for (size_t length = 0; length < strlen("<h1>A</h1>"); length++) {
        char *html = malloc(length + 1);
        memcpy(html, "<h1>A</h1>", length);
        reads(html, length, NULL);
        free(html);
    }
}
END_TEST

START_TEST(nul_bytes_are_bytes_like_others) {
    static const char html[] = "a\0b<h1>A</h1>";
    reads(html, sizeof html - 1, "A");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("h1");
    TCase *tests = tcase_create("h1");
    tcase_add_test(tests, the_first_heading_counts);
    tcase_add_test(tests, without_a_whole_heading_there_is_none);
    tcase_add_test(tests, only_len_bytes_are_read);
    tcase_add_test(tests, nul_bytes_are_bytes_like_others);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
