// SPDX-License-Identifier: MIT
// main() of every program that judges an answer: suite + answer + harness.
//
//   suite [--tool helgrind|memcheck] [--only TEST]…     run the tests
//   suite --speed                                       measure
//
// It forks one process a test before any thread exists (a child of a process
// with threads cannot be watched by TSan), watches it from outside, and reports
// to the grader. It never runs the learner's code itself.
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "harness/child.h"
#include "harness/record.h"
#include "harness/reports.h"
#include "harness/speed.h"
#include "harness/symbols.h"
#include "harness/table.h"
#include "harness/watch.h"

static const char *const tool_names[] = {
    [TOOL_PLAIN] = "plain",       [TOOL_ASAN] = "asan",
    [TOOL_TSAN] = "tsan",         [TOOL_MEMCHECK] = "memcheck",
    [TOOL_HELGRIND] = "helgrind",
};

// CPU time is what tells an endless loop from a busy machine; the other limit
// is for a test that only ever sleeps. Few tests of right answers take half a
// second of CPU time, under any of the tools; a loop without end takes all of
// it, once in each stage.
static const struct limits limits_of[] = {
    [TOOL_PLAIN] = {5000, 20000},     [TOOL_ASAN] = {8000, 30000},
    [TOOL_TSAN] = {10000, 40000},     [TOOL_MEMCHECK] = {12000, 90000},
    [TOOL_HELGRIND] = {12000, 90000},
};

static const struct limits speed_limits = {60000, 120000};

// A suite without a measurement has none.
extern const struct suite_speed suite_speed __attribute__((weak));

static const char **only;
static int only_count;
static bool measure;

static void usage(void) {
    fprintf(stderr, "usage: suite [--tool helgrind|memcheck] [--only TEST]… | "
                    "--speed\n");
    exit(2);
}

static void parse(int argc, char **argv) {
    only = calloc((size_t)argc, sizeof *only);
    for (int i = 1; i < argc; i++) {
        bool more = i + 1 < argc;
        if (strcmp(argv[i], "--speed") == 0)
            measure = true;
        else if (strcmp(argv[i], "--only") == 0 && more)
            only[only_count++] = argv[++i];
        else if (strcmp(argv[i], "--tool") == 0 && more)
            suite_set_tool(strcmp(argv[++i], "helgrind") == 0 ? TOOL_HELGRIND
                                                              : TOOL_MEMCHECK);
        else
            usage();
    }
}

static bool is_chosen(const struct suite_test *test) {
    unsigned stages = test->stages == 0 ? EVERYWHERE : test->stages;
    if ((stages & (1u << suite_tool())) == 0)
        return false;
    for (int i = 0; i < only_count; i++)
        if (strcmp(only[i], test->test->name) == 0)
            return true;
    return only_count == 0;
}

// A limit at exec would kill a sanitizer at its start (it maps terabytes of
// shadow), so it is set here, on top of what is mapped already.
static void limit_memory(void) {
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL || fscanf(file, "%ld", &pages) != 1)
        pages = 0;
    if (file != NULL)
        fclose(file);
    if (pages == 0)
        return;
    const rlim_t budget = (rlim_t)2 << 30;
    rlim_t most = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + budget;
    setrlimit(RLIMIT_AS, &(struct rlimit){most, most});
}

// 64 threads with 8 MiB each would be the whole budget.
static void limit_stacks(void) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 1 << 20);
    pthread_setattr_default_np(&attributes);
    pthread_attr_destroy(&attributes);
}

static void prepare(void) {
    record_open();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    table_create();
    reports_direct();
    limit_memory();
    limit_stacks();
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
}

static void send_threads_left(void) {
    for (int i = 0; i < table->slots_used && i < TABLE_SLOTS; i++) {
        struct slot *slot = &table->slots[i];
        if (!slot->of_answer || slot->settled || slot->child > 0)
            continue;
        char born[640], function[640];
        record_send(RECORD_THREAD_LEFT,
                    symbols_site(slot->born, born, sizeof born),
                    symbols_function(slot->start, function, sizeof function));
    }
}

START_TEST(measurement) {
    speed_measure();
}
END_TEST

static bool run_test(int index, const struct suite_test *test) {
    uint64_t token = 0;
    getrandom(&token, sizeof token, 0);
    table_clear();
    record_set_test(index, token);
    record_send(RECORD_BEGIN, test->test->name, test->says,
                test->kind == NULL ? "wrong-result" : test->kind);
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0) {
        perror("harness: fork");
        exit(3);
    }
    if (pid == 0) {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        symbols_forget_in_child();
        child_run(test);
    }
    bool over =
        watch_test(pid, measure ? &speed_limits : &limits_of[suite_tool()]);
    reports_send(pid);
    if (table->done && !test->allow_threads_left)
        send_threads_left();
    record_send(RECORD_END);
    return over;
}

static void run_tests(void) {
    char count[16];
    int chosen = 0;
    for (size_t i = 0; i < suite_test_count; i++)
        chosen += is_chosen(&suite_tests[i]);
    snprintf(count, sizeof count, "%d", chosen);
    record_send(RECORD_HELLO, tool_names[suite_tool()], count);
    // After a test that ran on for ever the others would most likely do too.
    bool over = true;
    for (size_t i = 0; i < suite_test_count && over; i++)
        if (is_chosen(&suite_tests[i]))
            over = run_test((int)i, &suite_tests[i]);
    record_set_test(-1, 0);
    record_send(RECORD_BYE);
}

// The measurement is a test like any other, so that it is watched like one.
static void run_speed(void) {
    const struct suite_test test = {
        .test = &measurement_ttest,
        .says = suite_speed.says,
    };
    record_send(RECORD_HELLO, "speed", "1");
    run_test(0, &test);
    record_set_test(-1, 0);
    record_send(RECORD_BYE);
}

int main(int argc, char **argv) {
    parse(argc, argv);
    prepare();
    if (measure)
        run_speed();
    else
        run_tests();
    symbols_stop();
    // Not through exit(): the runner's own memory is nobody's leak.
    fflush(NULL);
    _exit(0);
}
