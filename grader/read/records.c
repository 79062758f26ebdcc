// SPDX-License-Identifier: MIT
// How it works: the records are sorted by test; each test is told by
// read_test(), in the order of causes: what a tool reported, what the test
// itself said, how its process ended, what it left behind. Then the run as a
// whole is checked for what is missing.
#include "read/records.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "read/asan.h"
#include "read/hang.h"
#include "read/signal.h"
#include "read/text.h"
#include "read/tsan.h"
#include "read/valgrind.h"

enum { MOST_MESSAGE = 1200, MOST_FINDINGS = 200 };

// One test's records. None is owned.
struct test {
    int index;
    const struct record *begin;
    const struct record *fail;
    const struct record *exit;
    bool done;
    bool ended;
    bool canary_silent;        // a tool did not see its canaries
    const struct record *note; // the last one
    GPtrArray *reports;
    GPtrArray *waiting;
    GPtrArray *threads_left;
    guint strays;
    guint zombies;
    guint running;
};

struct reading {
    const struct read_context *context;
    const struct outcome *outcome;
    GPtrArray *findings;
    guint first; // findings before it are not ours
    GPtrArray *tests;
    const char *tool; // that HELLO named; "" none
    int expected;     // tests that HELLO announced; -1 no HELLO
    bool bye;
};

static const char *field(const struct record *record, guint index) {
    return record != NULL && index < g_strv_length(record->fields)
               ? record->fields[index]
               : "";
}

// --- Sorting -----------------------------------------------------------------

static void test_free(struct test *test) {
    g_ptr_array_unref(test->reports);
    g_ptr_array_unref(test->waiting);
    g_ptr_array_unref(test->threads_left);
    g_free(test);
}

static struct test *test_of(struct reading *reading, int index) {
    for (guint i = 0; i < reading->tests->len; i++) {
        struct test *test = reading->tests->pdata[i];
        if (test->index == index)
            return test;
    }
    struct test *test = g_new0(struct test, 1);
    test->index = index;
    test->reports = g_ptr_array_new();
    test->waiting = g_ptr_array_new();
    test->threads_left = g_ptr_array_new();
    g_ptr_array_add(reading->tests, test);
    return test;
}

static void sort_left(struct test *test, const struct record *record) {
    if (g_str_equal(field(record, 0), "zombie"))
        test->zombies++;
    else
        test->running++;
}

static void sort_record(struct test *test, const struct record *record) {
    gpointer data = (gpointer)record;
    switch (record->type) {
    case RECORD_BEGIN:
        test->begin = record;
        break;
    case RECORD_FAIL:
        test->fail = test->fail == NULL ? record : test->fail;
        break;
    case RECORD_NOTE:
        test->note = data;
        break;
    case RECORD_DONE:
        test->done = true;
        break;
    case RECORD_STRAY:
        test->strays++;
        break;
    case RECORD_THREAD_LEFT:
        g_ptr_array_add(test->threads_left, data);
        break;
    case RECORD_REPORT:
        g_ptr_array_add(test->reports, data);
        test->canary_silent |= g_str_equal(field(record, 1), "0");
        break;
    case RECORD_WAITING:
        g_ptr_array_add(test->waiting, data);
        break;
    case RECORD_LEFT_PROCESS:
        sort_left(test, record);
        break;
    case RECORD_EXIT:
        test->exit = record;
        break;
    case RECORD_END:
        test->ended = true;
        break;
    default:
        break;
    }
}

static void sort(struct reading *reading) {
    const GPtrArray *records = reading->outcome->records;
    for (guint i = 0; i < records->len; i++) {
        const struct record *record = records->pdata[i];
        if (record->type == RECORD_HELLO) {
            reading->tool = field(record, 0);
            reading->expected = atoi(field(record, 1));
        } else if (record->type == RECORD_BYE) {
            reading->bye = true;
        } else if (record->test >= 0) {
            sort_record(test_of(reading, record->test), record);
        }
    }
}

// --- Adding findings, each once ----------------------------------------------

static bool is_same(const struct finding *a, const struct finding *b) {
    if (a->kind != b->kind || a->stage != b->stage)
        return false;
    if (a->places->len == 0 || b->places->len == 0)
        return a->places->len == b->places->len &&
               g_str_equal(a->message, b->message);
    const struct place *one = a->places->pdata[0];
    const struct place *two = b->places->pdata[0];
    return one->line == two->line && g_strcmp0(one->file, two->file) == 0;
}

// Takes FINDING, as one of TEST, or drops it if it is known.
static void add_take(struct reading *reading, const struct test *test,
                     struct finding *finding) {
    bool known = reading->findings->len - reading->first >= MOST_FINDINGS;
    for (guint i = reading->first; i < reading->findings->len && !known; i++)
        known = is_same(reading->findings->pdata[i], finding);
    if (known) {
        finding_free(finding);
        return;
    }
    const char *says = field(test->begin, 1);
    if (*says != '\0' && finding->test == NULL)
        finding->test = text_printable(says, 300);
    if (test->note != NULL)
        finding->scene = text_printable(field(test->note, 0), 300);
    g_ptr_array_add(reading->findings, finding);
}

// --- What the tools reported -------------------------------------------------

// True if the report told of something that fails or, if it happened outside
// the answer, ended the test.
static bool read_report(struct reading *reading, const struct test *test,
                        const struct record *record) {
    const struct read_context *context = reading->context;
    g_autoptr(GPtrArray) found = findings_new();
    const char *tool = field(record, 0), *text = field(record, 2);
    if (g_str_equal(tool, "tsan"))
        tsan_read(context, text, found);
    else if (g_str_equal(tool, "asan"))
        asan_read(context, text, found);
    else if (g_str_equal(tool, "valgrind"))
        valgrind_read(context, text, found);
    bool failing = false;
    while (found->len > 0) {
        struct finding *finding = g_ptr_array_steal_index(found, 0);
        failing |= finding->kind != FINDING_ADVICE;
        add_take(reading, test, finding);
    }
    return failing;
}

static bool read_reports(struct reading *reading, const struct test *test) {
    bool failing = false;
    for (guint i = 0; i < test->reports->len; i++)
        failing |= read_report(reading, test, test->reports->pdata[i]);
    return failing;
}

// --- What the test said ------------------------------------------------------

static void read_fail(struct reading *reading, const struct test *test) {
    const struct record *fail = test->fail;
    enum finding_kind kind = FINDING_WRONG_RESULT;
    finding_kind_from_name(field(fail, 0), &kind);
    g_autofree char *message = text_printable(field(fail, 3), MOST_MESSAGE);
    g_autofree char *file = text_printable(field(fail, 1), 120);
    g_autofree char *line = text_printable(field(fail, 2), 12);
    struct finding *finding =
        finding_new(kind, reading->context->stage, "%s",
                    *message == '\0' ? "The test failed." : message);
    if (*file != '\0')
        finding->evidence = g_strdup_printf("asserted at %s:%s\n", file, line);
    add_take(reading, test, finding);
}

// --- How the process ended ---------------------------------------------------

// The last lines of what the program printed: abort() says why there.
static char *last_words(const struct outcome *outcome) {
    const char *text = outcome->output == NULL ? "" : outcome->output;
    size_t length = strlen(text);
    const char *start = length > 1500 ? text + length - 1500 : text;
    return text_evidence(start, 1500);
}

static void read_signal(struct reading *reading, const struct test *test) {
    int number = atoi(field(test->exit, 1));
    const char *words;
    const char *name = signal_words(number, &words);
    bool limit = number == SIGXFSZ || number == SIGXCPU;
    struct finding *finding = finding_new(
        limit ? FINDING_RESOURCE_LIMIT : FINDING_CRASH, reading->context->stage,
        "The test's process died of %s%s%s.", name, *words == '\0' ? "" : ": ",
        words);
    if (number == SIGPIPE)
        finding->next = g_strdup(
            "Who writes to a peer that may be gone asks for the error EPIPE in "
            "place of the signal: send() with MSG_NOSIGNAL, or sendmsg().");
    finding->evidence = last_words(reading->outcome);
    add_take(reading, test, finding);
}

// The exit codes that the plan gives to the sanitizers: one that ends a process
// without a report has itself been run over by the program.
static bool is_tools_end(const struct reading *reading,
                         const struct test *test) {
    int code = atoi(field(test->exit, 1));
    return (code == 66 && g_str_equal(reading->tool, "tsan")) ||
           (code == 77 && g_str_equal(reading->tool, "asan"));
}

static void read_early_end(struct reading *reading, const struct test *test) {
    if (is_tools_end(reading, test)) {
        struct finding *crash = finding_new(
            FINDING_CRASH, reading->context->stage,
            "The test's process broke down, and the checking tool with it: "
            "most likely a pointer or a thread id that was never set, or "
            "memory "
            "that was freed already.");
        crash->evidence = last_words(reading->outcome);
        add_take(reading, test, crash);
        return;
    }
    g_autofree char *code = text_printable(field(test->exit, 1), 12);
    struct finding *finding = finding_new(
        FINDING_DID_NOT_FINISH, reading->context->stage,
        "The test's process ended by itself, with status %s, before the test "
        "was over: something called exit, _exit or pthread_exit there.",
        code);
    finding->evidence = last_words(reading->outcome);
    add_take(reading, test, finding);
}

// A tool ended the process because of an error outside the answer's own lines:
// in the test, with what the answer gave it.
static bool read_foreign_error(struct reading *reading,
                               const struct test *test) {
    for (guint i = 0; i < test->reports->len; i++) {
        const char *text = field(test->reports->pdata[i], 2);
        const char *error = strstr(text, "ERROR: ");
        if (error == NULL || strstr(error, "LeakSanitizer") == error + 7)
            continue;
        g_autofree char *words = g_strndup(error + 7, strcspn(error + 7, "("));
        g_autofree char *clean = text_printable(g_strstrip(words), 120);
        struct finding *finding = finding_new(
            FINDING_CRASH, reading->context->stage,
            "The test crashed outside your file, while it used what your code "
            "had given it or left behind (%s).",
            clean);
        finding->evidence = text_evidence(text, 8000);
        add_take(reading, test, finding);
        return true;
    }
    return false;
}

static void read_end(struct reading *reading, const struct test *test,
                     bool reported) {
    const char *how = field(test->exit, 0);
    bool stays = g_str_equal(how, "stuck") || g_str_equal(how, "cpu") ||
                 g_str_equal(how, "wall") || g_str_equal(how, "stopped");
    if (stays) {
        add_take(reading, test,
                 hang_read(reading->context, how, test->waiting));
    } else if (g_str_equal(how, "memory")) {
        add_take(reading, test,
                 finding_new(FINDING_RESOURCE_LIMIT, reading->context->stage,
                             "The test used more memory than it may."));
    } else if (test->fail != NULL || test->strays > 0 || reported ||
               (test->done && !g_str_equal(how, "signalled"))) {
        return;
    } else if (read_foreign_error(reading, test)) {
        return;
    } else if (g_str_equal(how, "signalled")) {
        read_signal(reading, test);
    } else if (g_str_equal(how, "exited")) {
        read_early_end(reading, test);
    }
}

// --- What it left behind -----------------------------------------------------

static void read_strays(struct reading *reading, const struct test *test) {
    enum stage stage = reading->context->stage;
    if (test->strays > 0)
        add_take(reading, test,
                 finding_new(FINDING_CHILD_LEAK, stage,
                             "A child process came back out of your function "
                             "into the test: a child must end in your code, "
                             "with _exit."));
    if (test->running > 0)
        add_take(reading, test,
                 finding_new(FINDING_CHILD_LEAK, stage,
                             "%u process%s that your code started %s still "
                             "running when the test was over.",
                             test->running, test->running == 1 ? "" : "es",
                             test->running == 1 ? "was" : "were"));
    if (test->zombies > 0)
        add_take(reading, test,
                 finding_new(FINDING_CHILD_LEAK, stage,
                             "%u child process%s had ended but not been waited "
                             "for when the test was over (%s).",
                             test->zombies, test->zombies == 1 ? "" : "es",
                             test->zombies == 1 ? "a zombie" : "zombies"));
}

// "function|file|line|column" of the creation.
static void read_thread_left(struct reading *reading, const struct test *test,
                             const struct record *record, guint count) {
    g_auto(GStrv) parts = g_strsplit(field(record, 0), "|", 4);
    guint known = g_strv_length(parts);
    int line = known > 2 ? atoi(parts[2]) : 0;
    g_autofree char *function = text_printable(field(record, 1), 80);
    g_autofree char *runs = *function == '\0'
                                ? g_strdup("")
                                : g_strdup_printf(" (running %s)", function);
    g_autofree char *where =
        line > 0 ? g_strdup_printf(" created at line %d", line) : g_strdup("");
    struct finding *finding = finding_new(
        FINDING_THREAD_LEAK, reading->context->stage,
        "%u thread%s%s%s %s neither joined nor detached when the test was "
        "over.",
        count, count == 1 ? "" : "s", where, runs, count == 1 ? "was" : "were");
    if (line > 0) {
        g_autofree char *base = g_path_get_basename(parts[1]);
        g_autofree char *file = text_printable(base, 120);
        g_autofree char *creator = text_printable(parts[0], 120);
        finding_add_place(finding, file, line, known > 3 ? atoi(parts[3]) : 0,
                          *creator == '\0' ? NULL : creator, NULL,
                          "creates the thread");
    }
    add_take(reading, test, finding);
}

// One finding for all that were created at the same place.
static void read_threads_left(struct reading *reading,
                              const struct test *test) {
    for (guint i = 0; i < test->threads_left->len; i++) {
        const struct record *record = test->threads_left->pdata[i];
        guint count = 0;
        bool told = false;
        for (guint k = 0; k < test->threads_left->len; k++) {
            bool same = g_str_equal(field(test->threads_left->pdata[k], 0),
                                    field(record, 0));
            count += same;
            told |= same && k < i;
        }
        if (!told)
            read_thread_left(reading, test, record, count);
    }
}

// --- All of it ---------------------------------------------------------------

static guint count_failing(const struct reading *reading) {
    guint count = 0;
    for (guint i = reading->first; i < reading->findings->len; i++) {
        const struct finding *finding = reading->findings->pdata[i];
        count += finding->kind != FINDING_ADVICE;
    }
    return count;
}

static char *test_name(const struct test *test) {
    return text_printable(field(test->begin, 0), 80);
}

// What is missing in this test's records, or NULL.
static char *read_test(struct reading *reading, const struct test *test) {
    bool reported = read_reports(reading, test);
    if (test->fail != NULL)
        read_fail(reading, test);
    read_end(reading, test, reported);
    read_strays(reading, test);
    read_threads_left(reading, test);
    g_autofree char *name = test_name(test);
    if (test->begin == NULL)
        return g_strdup("A test reported without having begun.");
    if (!test->ended)
        return g_strdup_printf("The test %s was begun, but its end was never "
                               "reported.",
                               name);
    if (test->canary_silent && test->done)
        return g_strdup_printf("In the test %s the checking tool did not "
                               "report the known mistake that was put there to "
                               "see whether it is awake.",
                               name);
    if (!test->done && test->fail == NULL && test->exit == NULL)
        return g_strdup_printf("How the test %s ended was not reported.", name);
    return NULL;
}

// How the run as a whole ended: a finding, or the trouble.
static char *read_run(struct reading *reading) {
    const struct outcome *outcome = reading->outcome;
    enum stage stage = reading->context->stage;
    guint count = reading->tests->len;
    const struct test none = {0};
    const struct test *last =
        count > 0 ? reading->tests->pdata[count - 1] : &none;
    if (outcome->end == OUTCOME_TROUBLE || outcome->end == OUTCOME_NOT_RUN)
        return g_strdup(outcome->trouble == NULL ? "The tests could not be run."
                                                 : outcome->trouble);
    if (outcome->end == OUTCOME_OUTPUT)
        add_take(reading, last,
                 finding_new(FINDING_RESOURCE_LIMIT, stage,
                             "The program printed more than a test may, and "
                             "was stopped."));
    if (outcome->end == OUTCOME_DEADLINE && count > 0 && !last->ended)
        add_take(reading, last,
                 finding_new(FINDING_HANG, stage,
                             "The test did not come to its end and was "
                             "stopped."));
    if (!reading->bye || reading->expected < 0) {
        g_autofree char *output = last_words(outcome);
        g_autofree char *words = text_printable(g_strstrip(output), 300);
        return g_strdup_printf(
            "The run of the tests broke off: it %s %d%s%s.",
            outcome->end == OUTCOME_SIGNALLED ? "was ended by signal"
                                              : "ended with status",
            outcome->code, *words == '\0' ? "" : " and said: ", words);
    }
    if ((int)count < reading->expected)
        return g_strdup_printf("Only %u of %d tests were run.", count,
                               reading->expected);
    return reading->expected == 0 ? g_strdup("There was no test to run.")
                                  : NULL;
}

char *records_read(const struct read_context *context,
                   const struct outcome *outcome, GPtrArray *findings) {
    struct reading reading = {.context = context,
                              .outcome = outcome,
                              .findings = findings,
                              .first = findings->len,
                              .tool = "",
                              .expected = -1};
    reading.tests = g_ptr_array_new_with_free_func((GDestroyNotify)test_free);
    sort(&reading);
    g_autofree char *trouble = NULL;
    for (guint i = 0; i < reading.tests->len; i++) {
        g_autofree char *missing = read_test(&reading, reading.tests->pdata[i]);
        if (trouble == NULL)
            trouble = g_steal_pointer(&missing);
    }
    g_autofree char *run = read_run(&reading);
    if (trouble == NULL)
        trouble = g_steal_pointer(&run);
    g_ptr_array_unref(reading.tests);
    // What a finding explains is no trouble of the grader's.
    return count_failing(&reading) > 0 ? NULL : g_steal_pointer(&trouble);
}
