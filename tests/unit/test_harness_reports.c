// SPDX-License-Identifier: MIT
// Reports: the canaries' own are taken out, the rest is made readable.
#include "test_harness.h"

#include "harness/canary.h"
#include "harness/reports.h"
#include "harness/symbols.h"

extern char __start_lk_canary[];

static unsigned long canary_offset(void) {
    return (uintptr_t)__start_lk_canary - symbols_base() + 4;
}

__attribute__((noinline)) static int known_function(int x) {
    __asm__ volatile("" : "+r"(x));
    return x + 1;
}

static unsigned long known_offset(void) {
    return (uintptr_t)known_function - symbols_base();
}

static int canaries;

// What is left of TEXT under TOOL, in memory of its own.
static char *sifted(enum suite_tool tool, const char *text) {
    char *rest = NULL;
    size_t size;
    FILE *stream = open_memstream(&rest, &size);
    suite_set_tool(tool);
    canaries = reports_sift(text, stream);
    fclose(stream);
    return rest;
}

static const char race[] = "==================\n"
                           "WARNING: ThreadSanitizer: data race (pid=7)\n"
                           "  Write of size 4 at 0x55 by main thread:\n"
                           "    #0 {/box/tsan+0x%lx}\n\n"
                           "SUMMARY: ThreadSanitizer: data race\n"
                           "==================\n";

START_TEST(a_canarys_race_is_taken_out_and_a_learners_is_kept) {
    char text[2000];
    int length = snprintf(text, sizeof text, race, canary_offset());
    char *rest = sifted(TOOL_TSAN, text);
    ck_assert_int_eq(canaries, 1);
    ck_assert_str_eq(rest, "");
    free(rest);
    snprintf(text + length, sizeof text - (size_t)length, race, known_offset());
    rest = sifted(TOOL_TSAN, text);
    ck_assert_int_eq(canaries, 1);
    ck_assert_ptr_nonnull(strstr(rest, "WARNING: ThreadSanitizer"));
    char frame[64];
    snprintf(frame, sizeof frame, "+0x%lx}", known_offset());
    ck_assert_ptr_nonnull(strstr(rest, frame));
    snprintf(frame, sizeof frame, "+0x%lx}", canary_offset());
    ck_assert_ptr_null(strstr(rest, frame));
    free(rest);
}
END_TEST

START_TEST(asans_three_canaries_are_three) {
    char text[2000];
    unsigned long own = canary_offset(), other = known_offset();
    snprintf(text, sizeof text,
             "=====\n==9==ERROR: AddressSanitizer: heap-buffer-overflow\n"
             "    #0 {/box/asan+0x%lx}\n"
             "canary.c:45:17: runtime error: signed integer overflow\n"
             "=====\n==9==ERROR: LeakSanitizer: detected memory leaks\n\n"
             "Direct leak of 7919 byte(s) in 1 object(s) allocated from:\n"
             "    #0 {/box/asan+0x%lx}\n\n"
             "Direct leak of 12 byte(s) in 1 object(s) allocated from:\n"
             "    #0 {/box/asan+0x%lx}\n\n"
             "SUMMARY: AddressSanitizer: 7931 byte(s) leaked\n",
             own, own, other);
    char *rest = sifted(TOOL_ASAN, text);
    ck_assert_int_eq(canaries, 3);
    ck_assert_ptr_nonnull(strstr(rest, "Direct leak of 12 byte(s)"));
    ck_assert_ptr_null(strstr(rest, "7919"));
    ck_assert_ptr_null(strstr(rest, "overflow"));
    free(rest);
}
END_TEST

START_TEST(a_learners_undefined_behaviour_is_kept) {
    char *rest =
        sifted(TOOL_ASAN, "answer.c:4:7: runtime error: division by zero\n");
    ck_assert_int_eq(canaries, 0);
    ck_assert_str_eq(rest, "answer.c:4:7: runtime error: division by zero\n");
    free(rest);
}
END_TEST

START_TEST(valgrinds_errors_are_sifted_by_name) {
    char *rest = sifted(
        TOOL_HELGRIND,
        "<valgrindoutput><error><fn>lk_canary_unlock</fn></error>\n"
        "<error><fn>bank_transfer</fn></error><status/></valgrindoutput>");
    ck_assert_int_eq(canaries, 1);
    ck_assert_str_eq(rest, "<valgrindoutput>\n<error><fn>bank_transfer</fn>"
                           "</error><status/></valgrindoutput>");
    free(rest);
    rest = sifted(TOOL_HELGRIND, "<error><fn>x</fn></error>");
    ck_assert_int_eq(canaries, 0);
    ck_assert_str_eq(rest, "<error><fn>x</fn></error>");
    free(rest);
}
END_TEST

START_TEST(frames_get_function_file_and_line) {
    char path[4096] = "", text[5000], want[128];
    ck_assert_int_gt(readlink("/proc/self/exe", path, sizeof path - 1), 0);
    snprintf(text, sizeof text, "  Write:\n    #0 {%s+0x%lx}\n    #1 ??\nend\n",
             path, known_offset());
    char *readable = symbols_rewrite(text);
    symbols_stop();
    snprintf(want, sizeof want,
             "    #0 known_function test_harness_reports.c:");
    ck_assert_msg(strstr(readable, want) != NULL, "\"%s\" is not in:\n%s", want,
                  readable);
    ck_assert_ptr_nonnull(strstr(readable, "  Write:\n"));
    ck_assert_ptr_nonnull(strstr(readable, "    #1 ??\n"));
    ck_assert_ptr_nonnull(strstr(readable, "end\n"));
    free(readable);
}
END_TEST

START_TEST(a_text_without_frames_stays_as_it_is) {
    char *readable = symbols_rewrite("one\n\ntwo\n");
    ck_assert_str_eq(readable, "one\n\ntwo\n");
    free(readable);
}
END_TEST

HARNESS_MAIN("harness_reports",
             a_canarys_race_is_taken_out_and_a_learners_is_kept,
             asans_three_canaries_are_three,
             a_learners_undefined_behaviour_is_kept,
             valgrinds_errors_are_sifted_by_name,
             frames_get_function_file_and_line,
             a_text_without_frames_stays_as_it_is)
