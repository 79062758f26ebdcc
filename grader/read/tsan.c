// SPDX-License-Identifier: MIT
#include "read/tsan.h"

#include <string.h>

#include "read/frames.h"
#include "read/source.h"
#include "read/text.h"
#include "read/tsan_race.h"

enum { MOST_FINDINGS = 40, MOST_EVIDENCE = 16000 };

// The misuses, by how TSan's heading starts, and what to say: %s is the
// mutex, %d the line.
static const struct {
    const char *heading;
    const char *message;
} misuses[] = {
    {"unlock of an unlocked mutex",
     "%s unlocks %s at line %d, but does not hold it: it is not locked, or "
     "another thread locked it"},
    {"destroy of a locked mutex",
     "%s destroys %s at line %d while it is still locked"},
    {"double lock of a mutex",
     "%s locks %s at line %d although it holds it already"},
    {"use of an invalid mutex",
     "%s uses %s at line %d, which is not initialised or is already "
     "destroyed"},
    {"read lock of a write locked mutex",
     "%s locks %s for reading at line %d although it holds it for writing"},
    {"read unlock of a write locked mutex",
     "%s unlocks %s at line %d, but does not hold it for reading"},
};

static bool starts_report(const char *line) {
    return g_str_has_prefix(line, "WARNING: ThreadSanitizer:") ||
           (g_str_has_prefix(line, "==") &&
            strstr(line, "ERROR: ThreadSanitizer:") != NULL);
}

// The first stack of the report, and the line that heads it.
static guint first_stack(const struct read_context *context, GStrv lines,
                         guint start, guint end, struct stack *stack) {
    *stack = (struct stack){0};
    for (guint at = start; at < end; at++) {
        struct frame frame;
        if (!frame_parse(lines[at], &frame))
            continue;
        frame_release(&frame);
        stack_read(context, lines, at, stack);
        return at - 1;
    }
    return start;
}

static struct finding *read_misuse(const struct read_context *context,
                                   GStrv lines, guint start, guint end,
                                   const char *format) {
    struct stack stack;
    first_stack(context, lines, start, end, &stack);
    struct finding *finding = NULL;
    const struct frame *frame = &stack.answer;
    if (frame->file != NULL) {
        g_autofree char *argument =
            source_argument(context->source, frame->line, frame->column,
                            stack.callee == NULL ? "lock" : stack.callee, 0);
        g_autofree char *name = argument == NULL
                                    ? g_strdup("a mutex")
                                    : g_strdup_printf("`%s`", argument);
        GString *text = g_string_new(format);
        g_autofree char *line = g_strdup_printf("%d", frame->line);
        g_autofree char *function = g_strdup_printf("`%s`", frame->function);
        g_string_replace(text, "%s", function, 1);
        g_string_replace(text, "%s", name, 1);
        g_string_replace(text, "%d", line, 1);
        bool is_double = strstr(format, "holds it already") != NULL;
        finding = finding_new(is_double ? FINDING_DEADLOCK : FINDING_API_MISUSE,
                              context->stage, "%s", text->str);
        g_string_free(text, TRUE);
        stack_add_place(finding, &stack, NULL, "the call");
    }
    stack_release(&stack);
    return finding;
}

static struct finding *read_thread_leak(const struct read_context *context,
                                        GStrv lines, guint start, guint end) {
    struct stack stack;
    guint heading = first_stack(context, lines, start, end, &stack);
    struct finding *finding = NULL;
    if (stack_is_answer(&stack)) {
        const char *text = text_after(g_strchug(lines[heading]), "Thread ");
        g_autofree char *word = text == NULL
                                    ? g_strdup("The thread")
                                    : g_strndup(text, strcspn(text, " "));
        g_autofree char *name = text_printable(word, 20);
        finding = finding_new(FINDING_THREAD_LEAK, context->stage,
                              "%s, created at line %d, is neither joined nor "
                              "detached",
                              name, stack.answer.line);
        stack_add_place(finding, &stack, NULL, "creates the thread");
    }
    stack_release(&stack);
    return finding;
}

static struct finding *read_signal(const struct read_context *context,
                                   GStrv lines, guint start, guint end,
                                   bool is_errno) {
    struct stack stack;
    first_stack(context, lines, start, end, &stack);
    struct finding *finding = NULL;
    if (stack_is_answer(&stack)) {
        const char *function = stack.answer.function;
        finding =
            is_errno
                ? finding_new(FINDING_API_MISUSE, context->stage,
                              "the signal handler `%s` changes errno and does "
                              "not put it back",
                              function)
                : finding_new(FINDING_API_MISUSE, context->stage,
                              "the signal handler `%s` calls `%s` at line %d, "
                              "which is not async-signal-safe",
                              function,
                              stack.callee == NULL ? "something" : stack.callee,
                              stack.answer.line);
        stack_add_place(finding, &stack, NULL, "in the signal handler");
    }
    stack_release(&stack);
    return finding;
}

static void add_lock_place(const struct read_context *context,
                           struct finding *finding, const struct stack *stack,
                           bool is_second) {
    const struct frame *frame = &stack->answer;
    if (frame->file == NULL)
        return;
    g_autofree char *name =
        source_argument(context->source, frame->line, frame->column, "lock", 0);
    g_autofree char *role =
        g_strdup_printf("locks %s%s%s %s", name == NULL ? "one" : "`",
                        name == NULL ? "" : name, name == NULL ? "" : "`",
                        is_second ? "while it holds the other" : "first");
    stack_add_place(finding, stack, NULL, role);
}

// Advice only: a gate lock makes both orders safe, and TSan does not know it.
static struct finding *read_order(const struct read_context *context,
                                  GStrv lines, guint start, guint end) {
    struct finding *finding = finding_new(
        FINDING_ADVICE, context->stage,
        "two locks are taken in one order here and in the other order there; "
        "two threads doing so at once wait for each other for ever, unless "
        "something else keeps them apart");
    for (guint at = start; at + 1 < end; at++) {
        bool second = strstr(lines[at], "acquired here while holding") != NULL;
        if (!second && strstr(lines[at], "previously acquired") == NULL)
            continue;
        struct stack stack;
        stack_read(context, lines, at + 1, &stack);
        add_lock_place(context, finding, &stack, second);
        stack_release(&stack);
    }
    if (finding->places->len > 0)
        return finding;
    finding_free(finding);
    return NULL;
}

// The sentence about a crash in the answer, from the report's own words.
static struct finding *tell_crash(const struct read_context *context,
                                  const struct frame *frame, const char *what,
                                  const char *report) {
    if (g_str_has_prefix(what, "stack-overflow"))
        return finding_new(FINDING_MEMORY_ERROR, context->stage,
                           "the stack is used up in `%s`: a recursion does not "
                           "end, or a local array is too large",
                           frame->function);
    if (strstr(report, "points to the zero page") != NULL)
        return finding_new(
            FINDING_CRASH, context->stage,
            "`%s` %s through a NULL pointer at line %d", frame->function,
            strstr(report, "by a WRITE") ? "writes" : "reads", frame->line);
    g_autofree char *signal = g_strndup(what, strcspn(what, " "));
    return finding_new(FINDING_CRASH, context->stage,
                       "`%s` crashes at line %d (%s)", frame->function,
                       frame->line, signal);
}

static struct finding *read_crash(const struct read_context *context,
                                  GStrv lines, guint start, guint end,
                                  const char *what) {
    struct stack stack;
    first_stack(context, lines, start, end, &stack);
    struct finding *finding = NULL;
    if (stack_is_answer(&stack)) {
        g_autofree char *report = text_join(lines, start, end);
        finding = tell_crash(context, &stack.answer, what, report);
        stack_add_place(finding, &stack, NULL, "crashes here");
    }
    stack_release(&stack);
    return finding;
}

static struct finding *read_report(const struct read_context *context,
                                   GStrv lines, guint start, guint end) {
    const char *what = strstr(lines[start], "ThreadSanitizer: ");
    if (what == NULL)
        return NULL;
    what += strlen("ThreadSanitizer: ");
    if (g_str_has_prefix(lines[start], "=="))
        return read_crash(context, lines, start, end, what);
    if (g_str_has_prefix(what, "data race"))
        return tsan_race_read(context, FINDING_DATA_RACE, lines, start, end);
    if (g_str_has_prefix(what, "heap-use-after-free"))
        return tsan_race_read(context, FINDING_MEMORY_ERROR, lines, start, end);
    if (g_str_has_prefix(what, "thread leak"))
        return read_thread_leak(context, lines, start, end);
    if (g_str_has_prefix(what, "signal-unsafe call"))
        return read_signal(context, lines, start, end, false);
    if (strstr(what, "spoils errno") != NULL)
        return read_signal(context, lines, start, end, true);
    if (g_str_has_prefix(what, "lock-order-inversion"))
        return read_order(context, lines, start, end);
    for (guint i = 0; i < G_N_ELEMENTS(misuses); i++)
        if (g_str_has_prefix(what, misuses[i].heading))
            return read_misuse(context, lines, start, end, misuses[i].message);
    return NULL;
}

void tsan_read(const struct read_context *context, const char *text,
               GPtrArray *findings) {
    g_auto(GStrv) lines = text_lines(text);
    guint most = findings->len + MOST_FINDINGS;
    for (guint at = 0; lines[at] != NULL && findings->len < most;) {
        if (!starts_report(lines[at])) {
            at++;
            continue;
        }
        guint end = text_block_end(lines, at, starts_report);
        g_autofree char *report = text_join(lines, at, end);
        struct finding *finding = read_report(context, lines, at, end);
        if (finding != NULL) {
            finding->message = text_take_sentence(finding->message);
            finding->evidence = text_evidence(report, MOST_EVIDENCE);
            g_ptr_array_add(findings, finding);
        }
        at = end;
    }
}
