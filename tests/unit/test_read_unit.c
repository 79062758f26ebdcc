// SPDX-License-Identifier: MIT
// The readers of records and hangs, the finder of names in a source, and what
// the linter refuses or lets pass.
#include <check.h>
#include <glib.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "read/hang.h"
#include "read/lint.h"
#include "read/records.h"
#include "read/source.h"
#include "read/symbols.h"
#include "read/text.h"

static const char bank[] =
    "#include \"bank.h\"\n"                                   // 1
    "void xfer(struct account *from, struct account *to) {\n" // 2
    "    pthread_mutex_lock(&from->lock);\n"                  // 3
    "    pthread_mutex_lock(&to->lock);\n"                    // 4
    "    pthread_cond_wait(&q->not_empty, &q->lock);\n"       // 5
    "    while (!done)\n"                                     // 6
    "        sum = sum + cells[i + 1].count;\n"               // 7
    "    *total += b->accounts[pick(b, i)].balance;\n"        // 8
    "    b->n++;\n"                                           // 9
    "    pthread_create(&threads[i],\n"                       // 10
    "                   NULL, run, &jobs[i]);\n"              // 11
    "    while (pthread_mutex_trylock(&to->lock) != 0)\n"     // 12
    "        sched_yield();\n"                                // 13
    "    pthread_mutex_lock(&q->lock);\n"                     // 14
    "    long n = read(fd[0], buffer, 8);\n"                  // 15
    "}\n";

static struct exercise exercise = {.id = "bank"};
static const struct read_context context = {&exercise, STAGE_TESTS, "bank.c",
                                            bank};

static void assert_text(char *seen, const char *wanted) {
    ck_assert_msg(g_strcmp0(seen, wanted) == 0, "wanted: %s\n   saw: %s",
                  wanted == NULL ? "(null)" : wanted,
                  seen == NULL ? "(null)" : seen);
    g_free(seen);
}

static void assert_finding(const struct finding *finding,
                           enum finding_kind kind, const char *message) {
    ck_assert_msg(finding->kind == kind, "wanted %s, saw %s: %s",
                  finding_kind_name(kind), finding_kind_name(finding->kind),
                  finding->message);
    ck_assert_msg(g_str_equal(finding->message, message),
                  "wanted: %s\n   saw: %s", message, finding->message);
}

// --- source ------------------------------------------------------------------

START_TEST(names_are_found_by_column) {
    assert_text(source_variable(bank, 7, 9, true), "sum");
    assert_text(source_variable(bank, 7, 13, true), "sum");
    assert_text(source_variable(bank, 7, 21, false), "cells[i + 1].count");
    assert_text(source_variable(bank, 8, 12, true), "*total");
    assert_text(source_variable(bank, 8, 41, false),
                "b->accounts[pick(b, i)].balance");
    assert_text(source_variable(bank, 9, 9, true), "b->n");
    assert_text(source_variable(bank, 9, 0, true), "b->n");
    assert_text(source_variable(bank, 9, 0, false), NULL);
    assert_text(source_variable(bank, 99, 1, true), NULL);
    assert_text(source_variable(bank, 3, 999, false), NULL);
}
END_TEST

START_TEST(arguments_are_found_by_call) {
    assert_text(source_argument(bank, 3, 0, "mutex_lock", 0), "from->lock");
    assert_text(source_argument(bank, 5, 5, "wait", 0), "q->not_empty");
    assert_text(source_argument(bank, 5, 5, "wait", 1), "q->lock");
    assert_text(source_argument(bank, 10, 0, "pthread_create", 3), "jobs[i]");
    assert_text(source_argument(bank, 12, 0, "lock", 0), "to->lock");
    assert_text(source_argument(bank, 3, 0, "unlock", 0), NULL);
    assert_text(source_argument("f(", 1, 0, "f", 0), NULL);
    assert_text(source_callee(bank, 15, 14), "read");
}
END_TEST

START_TEST(text_from_outside_is_made_clean) {
    assert_text(text_printable("a\x1b[31m\nb\xff", 100),
                "a?[31m?b\xef\xbf\xbd");
    assert_text(text_printable("abcdef", 3), "abc…");
    assert_text(text_take_sentence(g_strdup("main thread waits")),
                "The main thread waits.");
    assert_text(text_take_sentence(g_strdup("`f` waits.")), "`f` waits.");
}
END_TEST

// --- hang --------------------------------------------------------------------

static void add(struct outcome *outcome, enum record_type type, ...) {
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    va_list fields;
    va_start(fields, type);
    for (const char *word; (word = va_arg(fields, const char *)) != NULL;)
        g_strv_builder_add(builder, word);
    va_end(fields);
    outcome_take_record(outcome, type, 0, 100, g_strv_builder_end(builder));
}

static struct finding *hang_of(struct outcome *outcome, const char *how) {
    struct finding *finding = hang_read(&context, how, outcome->records);
    outcome_free(outcome);
    return finding;
}

START_TEST(a_circle_of_locks_is_a_deadlock) {
    struct outcome *outcome = outcome_new();
    add(outcome, RECORD_WAITING, "main thread", "", "", "join", "T1",
        "t|suite.c|9|1", "", NULL);
    add(outcome, RECORD_WAITING, "T1", "run", "t|suite.c|5|1", "lock", "0xb",
        "xfer|bank.c|4|5", "", "0xa", "xfer|bank.c|3|5", NULL);
    add(outcome, RECORD_WAITING, "T2", "run", "t|suite.c|5|1", "lock", "0xa",
        "xfer|bank.c|4|5", "", "0xb", "xfer|bank.c|3|5", NULL);
    struct finding *finding = hang_of(outcome, "stuck");
    assert_finding(finding, FINDING_DEADLOCK,
                   "T1 waits for `to->lock` at line 4, which T2 has held since "
                   "it took it at line 3; T2 waits for `to->lock` at line 4, "
                   "which T1 has held since it took it at line 3: each waits "
                   "for the other.");
    ck_assert_int_eq((int)finding->places->len, 4);
    finding_free(finding);
}
END_TEST

START_TEST(a_lock_taken_twice_is_a_deadlock) {
    struct outcome *outcome = outcome_new();
    add(outcome, RECORD_WAITING, "main thread", "", "", "lock", "0xa",
        "xfer|bank.c|3|5", "", "0xa", "xfer|bank.c|3|5", NULL);
    struct finding *finding = hang_of(outcome, "stuck");
    assert_finding(finding, FINDING_DEADLOCK,
                   "The main thread waits for `from->lock` at line 3, which it "
                   "holds itself: it took it at line 3 in an earlier call and "
                   "has not given it back.");
    finding_free(finding);
}
END_TEST

START_TEST(a_lock_of_a_thread_that_has_ended_is_a_deadlock) {
    struct outcome *outcome = outcome_new();
    add(outcome, RECORD_WAITING, "T1", "run", "", "ended", "", "", "", "0xa",
        "put|bank.c|14|5", NULL);
    add(outcome, RECORD_WAITING, "T2", "run", "", "lock", "0xa",
        "get|bank.c|14|5", "", NULL);
    struct finding *finding = hang_of(outcome, "stuck");
    assert_finding(finding, FINDING_DEADLOCK,
                   "T2 waits for `q->lock` at line 14, which T1 took at line "
                   "14 and still held when it ended.");
    finding_free(finding);
}
END_TEST

START_TEST(a_lock_kept_while_joining_is_a_deadlock) {
    struct outcome *outcome = outcome_new();
    add(outcome, RECORD_WAITING, "main thread", "", "", "join", "T1",
        "stop|bank.c|13|1", "", "0xa", "stop|bank.c|14|1", NULL);
    add(outcome, RECORD_WAITING, "T1", "run", "", "lock", "0xa",
        "run|bank.c|14|5", "", NULL);
    struct finding *finding = hang_of(outcome, "stuck");
    ck_assert_int_eq(finding->kind, FINDING_DEADLOCK);
    finding_free(finding);
}
END_TEST

START_TEST(a_waiter_whose_mutex_is_kept_is_a_deadlock) {
    struct outcome *outcome = outcome_new();
    add(outcome, RECORD_WAITING, "main thread", "", "", "join", "T1",
        "t|suite.c|9|1", "", "0xa", "put|bank.c|14|1", NULL);
    add(outcome, RECORD_WAITING, "T1", "run", "", "cond", "0xc",
        "get|bank.c|5|5", "", NULL);
    struct finding *finding = hang_of(outcome, "stuck");
    assert_finding(finding, FINDING_DEADLOCK,
                   "T1 waits on `q->not_empty` at line 5 and cannot come back: "
                   "main thread took `q->lock` at line 14 and has not given it "
                   "back (main thread joins T1 in the test's code).");
    finding_free(finding);
}
END_TEST

START_TEST(a_waiter_without_anybody_left_has_lost_its_wakeup) {
    struct outcome *outcome = outcome_new();
    add(outcome, RECORD_WAITING, "main thread", "", "", "join", "T1",
        "t|suite.c|9|1", "", NULL);
    add(outcome, RECORD_WAITING, "T1", "run", "", "cond", "0xc",
        "get|bank.c|5|5", "", NULL);
    add(outcome, RECORD_WAITING, "T2", "run", "", "cond", "0xc",
        "get|bank.c|5|5", "", NULL);
    struct finding *finding = hang_of(outcome, "stuck");
    assert_finding(finding, FINDING_LOST_WAKEUP,
                   "T1 waits on `q->not_empty` at line 5 (as do 1 more), and "
                   "nobody is left who could signal it: main thread joins T1 "
                   "in the test's code.");
    finding_free(finding);
}
END_TEST

START_TEST(a_loop_that_polls_is_a_busy_wait) {
    struct outcome *outcome = outcome_new();
    add(outcome, RECORD_WAITING, "T1", "run", "", "running", "",
        "xfer|bank.c|13|9", "", "0xa", "xfer|bank.c|3|5", NULL);
    struct finding *finding = hang_of(outcome, "cpu");
    assert_finding(finding, FINDING_BUSY_WAIT,
                   "T1 tries again and again at line 13 and keeps `from->lock` "
                   "(taken at line 3) meanwhile, so nobody gets on.");
    finding_free(finding);
}
END_TEST

START_TEST(a_loop_that_does_not_end_is_a_hang) {
    struct outcome *outcome = outcome_new();
    add(outcome, RECORD_WAITING, "main thread", "", "", "running", "",
        "xfer|bank.c|7|9", "", NULL);
    struct finding *finding = hang_of(outcome, "cpu");
    assert_finding(finding, FINDING_HANG,
                   "The main thread runs in a loop that does not end; last "
                   "seen at line 7.");
    finding_free(finding);
}
END_TEST

START_TEST(a_read_without_end_of_file_is_a_hang) {
    struct outcome *outcome = outcome_new();
    add(outcome, RECORD_WAITING, "main thread", "", "", "read", "0x5",
        "fork_map|bank.c|15|14", "a pipe whose write end is open in child 1",
        NULL);
    add(outcome, RECORD_WAITING, "child 1", "", "", "read", "0x7",
        "child|bank.c|15|14", "", NULL);
    struct finding *finding = hang_of(outcome, "stuck");
    assert_finding(finding, FINDING_HANG,
                   "The main thread waits in read at line 15 on a pipe whose "
                   "write end is open in child 1.");
    finding_free(finding);
}
END_TEST

START_TEST(odd_waiting_records_crash_nothing) {
    struct outcome *outcome = outcome_new();
    add(outcome, RECORD_WAITING, "x", NULL);
    add(outcome, RECORD_WAITING, "T1", "", "|||", "lock", "T1", "|||-5", "",
        "0xa", NULL);
    add(outcome, RECORD_WAITING, "T1", "", "", "join", "T1", "|bank.c|x|", "",
        NULL);
    struct finding *finding = hang_of(outcome, "stuck");
    ck_assert_ptr_nonnull(finding);
    finding_free(finding);
}
END_TEST

// --- records -----------------------------------------------------------------

static struct outcome *begun(void) {
    struct outcome *outcome = outcome_new();
    outcome->end = OUTCOME_EXITED;
    add(outcome, RECORD_HELLO, "plain", "1", NULL);
    add(outcome, RECORD_BEGIN, "keeps_total", "the total stays the same",
        "wrong-result", NULL);
    return outcome;
}

static void finish(struct outcome *outcome, const char *how, const char *code) {
    add(outcome, RECORD_EXIT, how, code, "1", "2", NULL);
    add(outcome, RECORD_END, NULL);
    add(outcome, RECORD_BYE, NULL);
}

// Reads and frees OUTCOME; the trouble goes to *TROUBLE.
static GPtrArray *read_all(struct outcome *outcome, char **trouble) {
    GPtrArray *findings = findings_new();
    *trouble = records_read(&context, outcome, findings);
    outcome_free(outcome);
    return findings;
}

static void assert_one(struct outcome *outcome, enum finding_kind kind,
                       const char *message) {
    char *trouble;
    g_autoptr(GPtrArray) findings = read_all(outcome, &trouble);
    ck_assert_msg(trouble == NULL, "saw trouble: %s", trouble);
    ck_assert_msg(findings->len == 1, "saw %u findings", findings->len);
    const struct finding *finding = findings->pdata[0];
    assert_finding(finding, kind, message);
    ck_assert_str_eq(finding->test, "the total stays the same");
}

static void assert_trouble(struct outcome *outcome, const char *part) {
    char *trouble;
    g_autoptr(GPtrArray) findings = read_all(outcome, &trouble);
    ck_assert_msg(findings->len == 0, "saw %u findings", findings->len);
    ck_assert_msg(trouble != NULL && strstr(trouble, part) != NULL,
                  "wanted trouble about '%s', saw: %s", part,
                  trouble == NULL ? "(none)" : trouble);
    g_free(trouble);
}

START_TEST(a_test_that_says_everything_passes) {
    struct outcome *outcome = begun();
    add(outcome, RECORD_DONE, NULL);
    finish(outcome, "exited", "0");
    char *trouble;
    g_autoptr(GPtrArray) findings = read_all(outcome, &trouble);
    ck_assert_msg(trouble == NULL, "saw trouble: %s", trouble);
    ck_assert_int_eq((int)findings->len, 0);
}
END_TEST

START_TEST(a_failed_assertion_is_told_in_its_own_words) {
    struct outcome *outcome = begun();
    add(outcome, RECORD_FAIL, "no-overlap", "bank_suite.c", "12",
        "bank_total returned 7, not 8", NULL);
    finish(outcome, "exited", "0");
    assert_one(outcome, FINDING_NO_OVERLAP, "bank_total returned 7, not 8");
}
END_TEST

START_TEST(the_scene_is_told_with_whatever_is_found) {
    struct outcome *outcome = begun();
    add(outcome, RECORD_NOTE, "One worker.", NULL);
    add(outcome, RECORD_NOTE, "Two workers.", NULL);
    finish(outcome, "signalled", "13");
    char *trouble;
    g_autoptr(GPtrArray) findings = read_all(outcome, &trouble);
    ck_assert_int_eq((int)findings->len, 1);
    const struct finding *finding = findings->pdata[0];
    ck_assert_int_eq(finding->kind, FINDING_CRASH);
    ck_assert_str_eq(finding->scene, "Two workers.");
    ck_assert_ptr_nonnull(strstr(finding->next, "MSG_NOSIGNAL"));
}
END_TEST

START_TEST(leaving_early_is_not_finishing) {
    struct outcome *outcome = begun();
    finish(outcome, "exited", "0");
    assert_one(outcome, FINDING_DID_NOT_FINISH,
               "The test's process ended by itself, with status 0, before the "
               "test was over: something called exit, _exit or pthread_exit "
               "there.");
}
END_TEST

START_TEST(a_tool_that_breaks_down_is_a_crash) {
    struct outcome *outcome = outcome_new();
    outcome->end = OUTCOME_EXITED;
    add(outcome, RECORD_HELLO, "tsan", "1", NULL);
    add(outcome, RECORD_BEGIN, "keeps_total", "the total stays the same",
        "wrong-result", NULL);
    finish(outcome, "exited", "66");
    assert_one(outcome, FINDING_CRASH,
               "The test's process broke down, and the checking tool with it: "
               "most likely a pointer or a thread id that was never set, or "
               "memory that was freed already.");
}
END_TEST

START_TEST(dying_by_a_signal_is_a_crash) {
    struct outcome *outcome = begun();
    finish(outcome, "signalled", "11");
    assert_one(outcome, FINDING_CRASH,
               "The test's process died of SIGSEGV: a pointer led to memory "
               "that is not there.");
}
END_TEST

START_TEST(what_is_left_behind_is_told) {
    struct outcome *outcome = begun();
    add(outcome, RECORD_DONE, NULL);
    add(outcome, RECORD_LEFT_PROCESS, "zombie", "7", NULL);
    add(outcome, RECORD_LEFT_PROCESS, "zombie", "8", NULL);
    finish(outcome, "exited", "0");
    assert_one(outcome, FINDING_CHILD_LEAK,
               "2 child processes had ended but not been waited for when the "
               "test was over (zombies).");
    outcome = begun();
    add(outcome, RECORD_DONE, NULL);
    add(outcome, RECORD_THREAD_LEFT, "greet|bank.c|10|5", "run", NULL);
    add(outcome, RECORD_THREAD_LEFT, "greet|bank.c|10|5", "run", NULL);
    finish(outcome, "exited", "0");
    assert_one(outcome, FINDING_THREAD_LEAK,
               "2 threads created at line 10 (running run) were neither joined "
               "nor detached when the test was over.");
}
END_TEST

START_TEST(silence_never_passes) {
    struct outcome *outcome = begun();
    assert_trouble(outcome, "never reported");
    outcome = begun();
    add(outcome, RECORD_DONE, NULL);
    add(outcome, RECORD_REPORT, "tsan", "0", "", NULL);
    finish(outcome, "exited", "66");
    assert_trouble(outcome, "awake");
    outcome = outcome_new();
    outcome->end = OUTCOME_EXITED;
    assert_trouble(outcome, "broke off");
    outcome = outcome_new();
    outcome->end = OUTCOME_TROUBLE;
    outcome->trouble = g_strdup("The disk is full.");
    assert_trouble(outcome, "disk is full");
    outcome = outcome_new();
    outcome->end = OUTCOME_EXITED;
    add(outcome, RECORD_HELLO, "plain", "3", NULL);
    add(outcome, RECORD_BYE, NULL);
    assert_trouble(outcome, "Only 0 of 3");
}
END_TEST

START_TEST(a_crash_outside_the_answer_is_still_a_crash) {
    struct outcome *outcome = begun();
    add(outcome, RECORD_REPORT, "asan", "0",
        "==1==ERROR: AddressSanitizer: SEGV on unknown address (pc 0x1)\n"
        "    #0 0x1 in strlen /x/strlen.c:1\n"
        "    #1 0x2 in test /box/bank_suite.c:30:2\n",
        NULL);
    finish(outcome, "exited", "77");
    assert_one(outcome, FINDING_CRASH,
               "The test crashed outside your file, while it used what your "
               "code had given it or left behind (AddressSanitizer: SEGV on "
               "unknown address).");
}
END_TEST

// --- lint --------------------------------------------------------------------

static GPtrArray *lint_of(const char *text, const char *symbols) {
    static const char *api[] = {"bank_total", NULL};
    static const struct exercise with_api = {.id = "bank", .api = (GStrv)api};
    // A source has no markers; what has some stands for preprocessed text.
    bool is_source = strstr(text, "# 2 \"bank.c\"") == NULL;
    struct read_context lint = {&with_api, STAGE_BUILD, "bank.c",
                                is_source ? text : ""};
    GPtrArray *findings = findings_new();
    lint_read(&lint, text, symbols, findings);
    return findings;
}

static void assert_lint(const char *text, const char *symbols,
                        const char *part) {
    g_autoptr(GPtrArray) findings = lint_of(text, symbols);
    if (part == NULL) {
        ck_assert_msg(findings->len == 0, "saw: %s",
                      findings->len == 0
                          ? ""
                          : ((struct finding *)findings->pdata[0])->message);
        return;
    }
    ck_assert_msg(findings->len > 0, "wanted '%s', saw nothing in: %s", part,
                  text);
    const struct finding *finding = findings->pdata[0];
    ck_assert_msg(strstr(finding->message, part) != NULL,
                  "wanted '%s', saw: %s", part, finding->message);
}

START_TEST(what_hides_from_the_tools_is_refused) {
    assert_lint("int x;\n__asm__(\"nop\");\n", "", "`__asm__` (line 2)");
    assert_lint("__attribute__((__no_sanitize__(\"thread\"))) int f;\n", "",
                "no_sanitize");
    assert_lint("__attribute__((unused, weak)) int f;\n", "", "weak");
    assert_lint("#pragma clang attribute push(x)\n", "", "pragma");
    assert_lint("#line 7 \"x.h\"\nint y;\n", "", "#line");
    assert_lint("/* */ # 7 \"x.h\"\nint y;\n", "", "#line");
    assert_lint("#\\\nline 7\n", "", "#line");
    assert_lint("# 1 \"/etc/passwd\" 1\nint x;\n# 2 \"bank.c\" 2\n", "",
                "/etc/passwd");
    assert_lint("__sync_synchronize();\n", "", "fence");
}
END_TEST

START_TEST(what_is_harmless_passes) {
    assert_lint("char *a = \"asm\"; int asmx; /* no */\n"
                "static int f(void) __attribute__((__unused__, "
                "format(printf, 1, 2)));\n#pragma GCC diagnostic push\n",
                "bank_total T 0 4\n_helper T 0 4\nindex T 0 3\nsem_wait U\n"
                "pthread_mutex_lock U\nbank_step_hook U\nsqrt U\n"
                "epoll_create1 U\n__isoc99_sscanf U\n__stack_chk_fail U\n"
                "clock_gettime U\nsnprintf U\neventfd U\n__assert_fail U\n",
                NULL);
    assert_lint("# 1 \"./bank.h\" 1\nvoid provided(void);\n# 2 \"bank.c\" 2\n",
                "bank_total T 0 4\nprovided U\n", NULL);
}
END_TEST

START_TEST(symbols_are_judged_by_group) {
    const char *none[] = {NULL}, *processes[] = {"processes", NULL};
    const char *curl[] = {"curl", "sockets", NULL};
    ck_assert(!symbols_allowed("fork", none));
    ck_assert(symbols_allowed("fork", processes));
    ck_assert(symbols_allowed("_exit", processes));
    ck_assert(!symbols_allowed("curl_easy_init", processes));
    ck_assert(symbols_allowed("curl_easy_init", curl));
    ck_assert(!symbols_allowed("curl_global_init", curl));
    ck_assert(!symbols_allowed("curl_global_cleanup", curl));
    ck_assert(symbols_allowed("signal", curl));
    const char *const never[] = {"syscall",        "dlopen",
                                 "execve",         "ptrace",
                                 "prctl",          "mtx_lock",
                                 "thrd_create",    "atexit",
                                 "__tsan_acquire", "AnnotateIgnoreReadsBegin",
                                 "setrlimit",      "system",
                                 "longjmp",        "mprotect"};
    for (guint i = 0; i < G_N_ELEMENTS(never); i++) {
        ck_assert_msg(!symbols_allowed(never[i], processes), "%s", never[i]);
        ck_assert_msg(symbols_reason(never[i]) != NULL, "%s", never[i]);
    }
}
END_TEST

START_TEST(a_function_that_is_missing_is_named) {
    assert_lint("int x;\n", "x D 0 4\n", "`bank_total` is not defined");
    assert_lint("void *malloc(unsigned long n);\n",
                "bank_total T 0 4\nmalloc T 0 4\n", "`malloc` (line 1)");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("read");
    TCase *cases = tcase_create("read");
    tcase_add_test(cases, names_are_found_by_column);
    tcase_add_test(cases, arguments_are_found_by_call);
    tcase_add_test(cases, text_from_outside_is_made_clean);
    tcase_add_test(cases, a_circle_of_locks_is_a_deadlock);
    tcase_add_test(cases, a_lock_taken_twice_is_a_deadlock);
    tcase_add_test(cases, a_lock_of_a_thread_that_has_ended_is_a_deadlock);
    tcase_add_test(cases, a_lock_kept_while_joining_is_a_deadlock);
    tcase_add_test(cases, a_waiter_whose_mutex_is_kept_is_a_deadlock);
    tcase_add_test(cases, a_waiter_without_anybody_left_has_lost_its_wakeup);
    tcase_add_test(cases, a_loop_that_polls_is_a_busy_wait);
    tcase_add_test(cases, a_loop_that_does_not_end_is_a_hang);
    tcase_add_test(cases, a_read_without_end_of_file_is_a_hang);
    tcase_add_test(cases, odd_waiting_records_crash_nothing);
    tcase_add_test(cases, a_test_that_says_everything_passes);
    tcase_add_test(cases, a_failed_assertion_is_told_in_its_own_words);
    tcase_add_test(cases, the_scene_is_told_with_whatever_is_found);
    tcase_add_test(cases, leaving_early_is_not_finishing);
    tcase_add_test(cases, a_tool_that_breaks_down_is_a_crash);
    tcase_add_test(cases, dying_by_a_signal_is_a_crash);
    tcase_add_test(cases, what_is_left_behind_is_told);
    tcase_add_test(cases, silence_never_passes);
    tcase_add_test(cases, a_crash_outside_the_answer_is_still_a_crash);
    tcase_add_test(cases, what_hides_from_the_tools_is_refused);
    tcase_add_test(cases, what_is_harmless_passes);
    tcase_add_test(cases, symbols_are_judged_by_group);
    tcase_add_test(cases, a_function_that_is_missing_is_named);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
