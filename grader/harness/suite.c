// SPDX-License-Identifier: MIT
// The child's side of a test: runs one of the suite's tests by Check and says
// how it went. Everything it says goes over the record descriptor; the exit
// status means nothing.
#include "harness/suite.h"

#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/canary.h"
#include "harness/child.h"
#include "harness/record.h"
#include "harness/table.h"

static enum suite_tool tool =
#if defined(HARNESS_VARIANT_ASAN)
    TOOL_ASAN;
#elif defined(HARNESS_VARIANT_TSAN)
    TOOL_TSAN;
#else
    TOOL_PLAIN;
#endif

static const struct suite_test *current;

enum suite_tool suite_tool(void) {
    return tool;
}

bool suite_under_valgrind(void) {
    return tool == TOOL_MEMCHECK || tool == TOOL_HELGRIND;
}

void suite_set_tool(enum suite_tool chosen) {
    tool = chosen;
}

int suite_size(int plain, int sanitized, int valgrind) {
    switch (tool) {
    case TOOL_ASAN:
    case TOOL_TSAN:
        return sanitized;
    case TOOL_MEMCHECK:
    case TOOL_HELGRIND:
        return valgrind;
    default:
        return plain;
    }
}

// splitmix64, public domain, Sebastiano Vigna,
// https://prng.di.unimi.it/splitmix64.c
unsigned long suite_random(unsigned long *state) {
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

// Past every destructor and exit handler: what a tool would say at the end of a
// test that was cut short (threads still there, memory not freed) is no
// finding.
static _Noreturn void leave(void) {
    for (;;)
        syscall(SYS_exit_group, 0);
}

// A process that the answer forked has come back out of it into the test.
static void refuse_strays(void) {
    if (getpid() == table->test_pid)
        return;
    record_send(RECORD_STRAY);
    leave();
}

static _Noreturn void fail_test(const char *kind, const char *file, int line,
                                const char *message) {
    refuse_strays();
    char number[16];
    snprintf(number, sizeof number, "%d", line);
    if (kind == NULL)
        kind = current->kind == NULL ? "wrong-result" : current->kind;
    record_send(RECORD_FAIL, kind, file, number, message);
    leave();
}

void suite_fail(const char *kind, const char *file, int line,
                const char *format, ...) {
    char message[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    fail_test(kind, file, line, message);
}

// Check's own assertions in a suite are redirected here: Check would leave by
// longjmp, which is no way out of a thread.
_Noreturn void lk_ck_assert_failed(const char *file, int line,
                                   const char *expression, const char *format,
                                   ...) {
    char message[4096];
    int length = snprintf(message, sizeof message, "%s", expression);
    if (format != NULL && length < (int)sizeof message - 3) {
        va_list arguments;
        va_start(arguments, format);
        length +=
            snprintf(message + length, sizeof message - (size_t)length, ": ");
        vsnprintf(message + length, sizeof message - (size_t)length, format,
                  arguments);
        va_end(arguments);
    }
    fail_test(NULL, file, line, message);
}

void suite_note(const char *format, ...) {
    char message[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    record_send(RECORD_NOTE, message);
}

static void *nothing(void *argument) {
    return argument;
}

// TSan starts its own thread with the first one that the test's process makes,
// so one is made first.
static void note_tool_threads(void) {
    pthread_t thread;
    if (tool == TOOL_TSAN && pthread_create(&thread, NULL, nothing, NULL) == 0)
        pthread_join(thread, NULL);
    table_note_tool_threads();
}

// Before Check hears that the test is over: a stray shares Check's file of
// messages with the test's own process, and would garble it.
static void run_body(int i) {
    current->test->fn(i);
    refuse_strays();
}

// Check handles these two for its own purposes, and a child that the answer
// forks would inherit that.
static void reset_signals(void) {
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
}

static bool run_by_check(const struct suite_test *test) {
    TTest body = *test->test;
    body.fn = run_body;
    Suite *suite = suite_create("lockstep");
    TCase *only = tcase_create("test");
    tcase_add_checked_fixture(only, reset_signals, NULL);
    tcase_add_test(only, &body);
    suite_add_tcase(suite, only);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_SILENT);
    bool passed =
        srunner_ntests_run(runner) == 1 && srunner_ntests_failed(runner) == 0;
    srunner_free(runner);
    return passed;
}

void child_run(const struct suite_test *test) {
    current = test;
    table->test_pid = getpid();
    table->runner_pid = getppid();
    table_self();
    note_tool_threads();
    if (!run_by_check(test))
        fail_test(NULL, "", 0, "the test was left before its end");
    canary_run();
    record_send(RECORD_DONE);
    table->done = true;
    exit(0); // through the tools' own last words: leaks, threads left
}
