// SPDX-License-Identifier: MIT
// How a hidden suite is written.
//
//  1. Include "harness/suite.h", "lib/wb.h" and the exercise's header.
//  2. Write tests with Check's START_TEST(name) { … } END_TEST.
//  3. Name what each demands, in a learner's words, in one table:
//
//       SUITE(
//           TEST(every_name_is_greeted, "every name is greeted, in order"),
//           TEST(all_at_once, "all threads run at the same time",
//                .kind = "no-overlap", .stages = IN_TESTS),
//       )
//
// Each test runs in a process of its own, forked before any thread exists, in
// every stage that it names. The runner watches it from outside: it explains a
// deadlock at once, ends a test that never ends, and counts what is left.
// A test may use any thread for its assertions; a failed one ends the process.
//
// Rules of fairness: no wall-clock bound is ever a verdict. Prove overlap with
// a gauge (lib/wb.h), waiting with wb_wait_blocked(), waste with counts.
// Cost: at most 0.3 s of CPU time a test without a tool, 1.5 s under TSan; use
// suite_size() to ask less of the slower tools.
#pragma once

#include <check.h>
#include <stdbool.h>
#include <stddef.h>

// The tool under which the suite is running now.
enum suite_tool {
    TOOL_PLAIN,
    TOOL_ASAN,
    TOOL_TSAN,
    TOOL_MEMCHECK,
    TOOL_HELGRIND
};
enum suite_tool suite_tool(void);
// Under memcheck or helgrind: slow, and the code that runs is valgrind's own.
bool suite_under_valgrind(void);

// PLAIN without a tool, SANITIZED under ASan and TSan, VALGRIND under valgrind.
int suite_size(int plain, int sanitized, int valgrind);

// Where a test runs; 0 means IN_TESTS | IN_MEMORY | IN_RACES | IN_LOCKS.
enum {
    IN_TESTS = 1 << TOOL_PLAIN,
    IN_MEMORY = 1 << TOOL_ASAN,
    IN_RACES = 1 << TOOL_TSAN,
    IN_MEMCHECK = 1 << TOOL_MEMCHECK,
    IN_LOCKS = 1 << TOOL_HELGRIND,
    EVERYWHERE = IN_TESTS | IN_MEMORY | IN_RACES | IN_MEMCHECK | IN_LOCKS
};

struct suite_test {
    const TTest *test; // from START_TEST
    const char *says;  // the demand, lower case, no full stop: "a closed queue
                       // still hands out what is in it"
    const char *kind;  // the finding if an assertion of it fails; NULL means
                       // wrong-result
    unsigned stages;   // 0 means EVERYWHERE
    bool allow_threads_left; // threads still there at the end are no finding
};

#define TEST(name, sentence, ...)                                              \
    { .test = &name##_ttest, .says = sentence, __VA_ARGS__ }
#define SUITE(...)                                                             \
    const struct suite_test suite_tests[] = {__VA_ARGS__};                     \
    const size_t suite_test_count = sizeof suite_tests / sizeof suite_tests[0];
extern const struct suite_test suite_tests[];
extern const size_t suite_test_count;

// Assertions. Their message is all that a learner reads, so it says what
// happened, with values and in the contract's words: "bq_get returned -32
// (-EPIPE) although one item was still in the queue". ck_assert_* are for what
// is never the learner's fault (a NULL from the suite's own malloc).
#define expect(condition, ...)                                                 \
    ((condition) ? (void)0 : suite_fail(NULL, __FILE__, __LINE__, __VA_ARGS__))
// The same with a kind of finding of its own ("no-overlap", "busy-wait", …).
#define expect_kind(kind, condition, ...)                                      \
    ((condition) ? (void)0 : suite_fail(kind, __FILE__, __LINE__, __VA_ARGS__))
_Noreturn void suite_fail(const char *kind, const char *file, int line,
                          const char *format, ...)
    __attribute__((format(printf, 4, 5)));
// What the test is about to do, where its sentence does not say it: shown to
// the learner with whatever is found in it, a hang as well. The last one
// counts; two lines at most.
void suite_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

// A different pseudo-random sequence for each N, the same in every run.
unsigned long suite_random(unsigned long *state);

// --- The schedules stage ---------------------------------------------------
// A scenario is a small program for the schedule explorer, which runs it under
// many chosen interleavings, a new process each: 2 to 4 threads with the
// caller, 1 to 3 operations each, and expect() once all of them are joined.
// Nothing but C, pthreads and the answer's functions: no gauge, no clock.
//
//     SCENARIO(two_transfers) { … }
//     SCENARIOS(
//         {two_transfers, "two transfers at once lose no money"},
//     )
//
// The smallest comes first: of it, all interleavings are tried.
struct suite_scenario {
    void (*run)(void);
    const char *says; // the demand, as in struct suite_test
    const char *kind; // if an expect() fails; NULL means broken-invariant
};
#define SCENARIO(name) static void name(void)
#define SCENARIOS(...)                                                         \
    const struct suite_scenario suite_scenarios[] = {__VA_ARGS__};             \
    const size_t suite_scenario_count =                                        \
        sizeof suite_scenarios / sizeof suite_scenarios[0];
extern const struct suite_scenario suite_scenarios[];
extern const size_t suite_scenario_count;

// --- The speed stage ------------------------------------------------------
// One measurement: the same work done serially by the reference, in parallel
// by the answer, and by the reference on several threads at once, which is what
// perfect scaling costs here. See harness/speed.c for how a verdict is drawn.
struct suite_speed {
    const char *says; // "par_math on 2 threads against 1"
    void (*prepare)(unsigned long seed, int threads); // new input, not timed
    double (*reference)(void); // serial, the reference's own code; also called
                               // by several threads at once
    double (*answer)(void);    // the learner's, with `threads` threads
    double tolerance;          // relative difference of the two values allowed
    double efficiency; // of the answer's speedup relative to the calibration's
                       // below which it is too slow: 0.7
    double cost; // CPU time answer / reference above which it wastes: 1.35
    // Proof of parallelism needs no clock; put it in a test with a gauge.
};
#define SPEED(...) const struct suite_speed suite_speed = {__VA_ARGS__};
extern const struct suite_speed suite_speed;
