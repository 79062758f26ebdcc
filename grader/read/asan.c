// SPDX-License-Identifier: MIT
#include "read/asan.h"

#include <stdlib.h>
#include <string.h>

#include "read/asan_leak.h"
#include "read/frames.h"
#include "read/source.h"
#include "read/text.h"

enum { MOST_FINDINGS = 40, MOST_EVIDENCE = 12000 };

// What a report of ASan tells, section by section.
struct report {
    char *what;        // "heap-buffer-overflow on address …"
    char *access;      // "READ" or "WRITE"; NULL: no plain access
    long size;         // bytes of the access
    char *thread;      // of the access: "T1", "main thread"
    char *region;      // "4 bytes to the right of 16-byte region"
    char *variable;    // "cells": on the stack or global
    bool is_null;      // a SEGV near address 0
    struct stack here; // the access
    struct stack freed;
    struct stack allocated;
    struct stack created; // the thread
};

static void report_release(struct report *report) {
    g_free(report->what);
    g_free(report->access);
    g_free(report->thread);
    g_free(report->region);
    g_free(report->variable);
    stack_release(&report->here);
    stack_release(&report->freed);
    stack_release(&report->allocated);
    stack_release(&report->created);
}

// --- Parsing -----------------------------------------------------------------

// "thread T0 …" is the main thread, "T3" is itself.
static char *thread_name(const char *text) {
    const char *number = text_after(text, "thread T");
    if (number == NULL)
        return NULL;
    int value = atoi(number);
    return value == 0 ? g_strdup("main thread") : g_strdup_printf("T%d", value);
}

static void parse_access(struct report *report, const char *line) {
    if (report->access != NULL)
        return;
    report->access = g_strndup(line, strcspn(line, " "));
    const char *size = strstr(line, "of size ");
    report->size = size == NULL ? 0 : strtol(size + 8, NULL, 10);
    const char *thread = strstr(line, "thread T");
    report->thread = thread == NULL ? NULL : thread_name(thread);
}

// "0x… is located 4 bytes to the right of 16-byte region […)".
static void parse_region(struct report *report, const char *line) {
    const char *at = strstr(line, "is located ");
    if (at == NULL || report->region != NULL)
        return;
    at += strlen("is located ");
    const char *end = strstr(at, " [");
    const char *variable = strstr(at, "global variable '");
    if (variable != NULL) {
        variable += strlen("global variable '");
        g_autofree char *name = g_strndup(variable, strcspn(variable, "'."));
        report->variable = text_printable(name, 80);
        end = strstr(at, " global variable");
    }
    if (end != NULL) {
        g_autofree char *region = g_strndup(at, (size_t)(end - at));
        report->region = text_printable(region, 120);
    }
}

// "    [32, 36) 'inner' (line 53) <== Memory access at offset 32 …".
static void parse_variable(struct report *report, const char *line) {
    const char *start = strchr(line, '\'');
    const char *end = start == NULL ? NULL : strchr(start + 1, '\'');
    if (end == NULL || strstr(line, "<==") == NULL)
        return;
    // The compiler calls an inlined function's variable "name.i".
    g_autofree char *name = g_strndup(start + 1, strcspn(start + 1, "'."));
    g_free(report->variable);
    report->variable = text_printable(name, 80);
}

// A line that heads no section, and the stack below it.
static guint parse_line(const struct read_context *context,
                        struct report *report, GStrv lines, guint at) {
    const char *line = lines[at];
    struct stack *stack = NULL;
    if (g_str_has_prefix(line, "READ of size") ||
        g_str_has_prefix(line, "WRITE of size"))
        parse_access(report, line);
    else if (strstr(line, "is located ") != NULL)
        parse_region(report, line);
    else if (g_str_has_prefix(line, "    ["))
        parse_variable(report, line);
    else if (strstr(line, "points to the zero page") != NULL)
        report->is_null = true;
    else if (g_str_has_prefix(line, "freed by"))
        stack = &report->freed;
    else if (strstr(line, "allocated by thread") != NULL)
        stack = &report->allocated;
    else if (g_str_has_prefix(line, "Thread T"))
        stack = &report->created;
    if (strstr(line, "by a WRITE memory") != NULL && report->access == NULL)
        report->access = g_strdup("WRITE");
    if (strstr(line, "by a READ memory") != NULL && report->access == NULL)
        report->access = g_strdup("READ");
    struct frame frame;
    bool is_first = report->here.depth == 0 && frame_parse(line, &frame);
    if (is_first) {
        frame_release(&frame);
        return stack_read(context, lines, at, &report->here);
    }
    if (stack != NULL && stack->depth == 0)
        return stack_read(context, lines, at + 1, stack);
    return at + 1;
}

// --- Telling -----------------------------------------------------------------

// What happens, by how ASan's heading starts. The first match counts.
static const struct {
    const char *heading;
    const char *what; // after "… writes 4 bytes"
} accesses[] = {
    {"heap-buffer-overflow", "outside the block"},
    {"stack-buffer-overflow", "outside the local variable"},
    {"stack-buffer-underflow", "before the local variable"},
    {"dynamic-stack-buffer-overflow", "outside the local array"},
    {"global-buffer-overflow", "outside the global variable"},
    {"heap-use-after-free", "in a block that has been freed"},
    {"stack-use-after-return",
     "in a local variable of a function that has returned"},
    {"stack-use-after-scope", "in a local variable that is gone,"},
    {"use-after-poison", "in memory that must not be touched"},
};

static struct finding *memory_error(const struct read_context *context,
                                    const char *text) {
    return finding_new(FINDING_MEMORY_ERROR, context->stage, "%s", text);
}

// "drain reads 4 bytes at line 12, 4 bytes behind a block of 16 bytes".
static char *say_region(const struct report *report, const char *what) {
    if (report->variable != NULL)
        return g_strdup_printf("%s `%s`", what, report->variable);
    const char *region = report->region;
    const char *of = region == NULL ? NULL : strstr(region, " of ");
    if (of == NULL)
        return g_strdup(what);
    long distance = strtol(region, NULL, 10);
    long size = strtol(of + 4, NULL, 10);
    bool behind = strstr(region, "to the right") != NULL;
    bool before = strstr(region, "to the left") != NULL;
    if (!behind && !before)
        return g_strdup_printf("%s (of %ld bytes)", what, size);
    if (before)
        return g_strdup_printf("%ld bytes before a block of %ld bytes",
                               distance, size);
    return distance == 0
               ? g_strdup_printf("right behind a block of %ld bytes", size)
               : g_strdup_printf("%ld bytes behind a block of %ld bytes",
                                 distance, size);
}

static char *where_of(const struct stack *stack) {
    if (stack->answer.file == NULL)
        return g_strdup("the test's code");
    return g_strdup_printf("`%s` (line %d)", stack->answer.function,
                           stack->answer.line);
}

static struct finding *tell_access(const struct read_context *context,
                                   const struct report *report,
                                   const char *what) {
    bool writes = report->access != NULL && *report->access == 'W';
    g_autofree char *size = text_count(report->size, "byte");
    g_autofree char *region = say_region(report, what);
    const struct frame *frame = &report->here.answer;
    if (frame->file == NULL) {
        g_autofree char *text =
            g_strdup_printf("the test's code %s %s %s of yours",
                            writes ? "writes" : "reads", size, region);
        return memory_error(context, text);
    }
    const char *callee = report->here.callee;
    g_autofree char *name = callee == NULL
                                ? source_variable(context->source, frame->line,
                                                  frame->column, writes)
                                : NULL;
    g_autofree char *text = g_strdup_printf(
        "`%s` %s %s%s%s%s at line %d%s%s%s: %s", frame->function,
        writes ? "writes" : "reads", size, name == NULL ? "" : " (`",
        name == NULL ? "" : name, name == NULL ? "" : "`)", frame->line,
        callee == NULL ? "" : ", in `", callee == NULL ? "" : callee,
        callee == NULL ? "" : "`", region);
    return memory_error(context, text);
}

// The argument of the call of free and its like, quoted.
static char *argument_of(const struct read_context *context,
                         const struct report *report) {
    const struct frame *frame = &report->here.answer;
    g_autofree char *argument =
        frame->file == NULL ? NULL
                            : source_argument(context->source, frame->line,
                                              frame->column, "free", 0);
    return argument == NULL ? g_strdup("a block")
                            : g_strdup_printf("`%s`", argument);
}

static struct finding *tell_free(const struct read_context *context,
                                 const struct report *report, bool is_double) {
    g_autofree char *where = where_of(&report->here);
    g_autofree char *name = argument_of(context, report);
    if (!is_double)
        return finding_new(FINDING_MEMORY_ERROR, context->stage,
                           "%s frees %s, which is no block that malloc gave",
                           where, name);
    g_autofree char *before = where_of(&report->freed);
    return finding_new(FINDING_MEMORY_ERROR, context->stage,
                       "%s frees %s, which %s has freed already", where, name,
                       before);
}

static struct finding *tell_crash(const struct read_context *context,
                                  const struct report *report) {
    g_autofree char *where = where_of(&report->here);
    g_autofree char *signal =
        g_strndup(report->what, strcspn(report->what, " :"));
    if (report->is_null)
        return finding_new(FINDING_CRASH, context->stage,
                           "%s %s through a NULL pointer", where,
                           report->access != NULL && *report->access == 'W'
                               ? "writes"
                               : "reads");
    return finding_new(FINDING_CRASH, context->stage, "%s crashes (%s)", where,
                       signal);
}

static struct finding *tell(const struct read_context *context,
                            const struct report *report) {
    const char *what = report->what;
    g_autofree char *where = where_of(&report->here);
    for (guint i = 0; i < G_N_ELEMENTS(accesses); i++)
        if (g_str_has_prefix(what, accesses[i].heading))
            return tell_access(context, report, accesses[i].what);
    if (strstr(what, "double-free") != NULL)
        return tell_free(context, report, true);
    if (strstr(what, "not malloc()-ed") != NULL ||
        strstr(what, "bad-free") != NULL)
        return tell_free(context, report, false);
    enum stage stage = context->stage;
    if (g_str_has_prefix(what, "stack-overflow"))
        return finding_new(FINDING_MEMORY_ERROR, stage,
                           "%s uses up the stack: a recursion does not "
                           "end, or a local array is too large",
                           where);
    if (strstr(what, "param-overlap") != NULL)
        return finding_new(FINDING_MEMORY_ERROR, stage,
                           "in %s, source and target of `%s` overlap", where,
                           report->here.callee == NULL ? "the copy"
                                                       : report->here.callee);
    if (g_str_has_prefix(what, "requested allocation size") ||
        g_str_has_prefix(what, "calloc parameters"))
        return finding_new(FINDING_MEMORY_ERROR, stage,
                           "%s asks `%s` for an impossible size: most likely a "
                           "negative number",
                           where,
                           report->here.callee == NULL ? "malloc"
                                                       : report->here.callee);
    if (strstr(what, "out of memory") != NULL ||
        strstr(what, "rss limit") != NULL)
        return finding_new(FINDING_RESOURCE_LIMIT, stage,
                           "%s asks for more memory than a test may use",
                           where);
    // Near address 0 the pointer was NULL; anywhere else it led to memory that
    // has gone, or was never a pointer.
    if (g_str_has_prefix(what, "SEGV") && !report->is_null)
        return finding_new(FINDING_MEMORY_ERROR, stage,
                           "%s follows a pointer to where no memory is any "
                           "more, or never was: the stack of a thread that has "
                           "ended, a block given back, a value never set",
                           where);
    if (g_str_has_prefix(what, "SEGV") || g_str_has_prefix(what, "BUS") ||
        g_str_has_prefix(what, "FPE") || g_str_has_prefix(what, "ILL") ||
        g_str_has_prefix(what, "ABRT") ||
        g_str_has_prefix(what, "unknown-crash"))
        return tell_crash(context, report);
    g_autofree char *words = text_printable(what, 100);
    return finding_new(FINDING_MEMORY_ERROR, stage, "%s: %s", where, words);
}

static void add_places(struct finding *finding, const struct report *report) {
    stack_add_place(finding, &report->here, report->thread, "happens here");
    stack_add_place(finding, &report->freed, NULL, "frees the block");
    stack_add_place(finding, &report->allocated, NULL, "allocates the block");
    if (report->thread != NULL) {
        g_autofree char *role = g_strdup_printf("creates %s", report->thread);
        stack_add_place(finding, &report->created, NULL, role);
    }
}

static struct finding *read_error(const struct read_context *context,
                                  GStrv lines, guint start, guint end) {
    struct report report = {0};
    report.what = g_strdup(strstr(lines[start], "Sanitizer: ") + 11);
    const char *thread = strstr(lines[start], "thread T");
    report.thread = thread == NULL ? NULL : thread_name(thread);
    for (guint at = start + 1; at < end && lines[at] != NULL;)
        at = parse_line(context, &report, lines, at);
    struct finding *finding = NULL;
    if (stack_is_answer(&report.here) || stack_is_answer(&report.freed) ||
        stack_is_answer(&report.allocated)) {
        finding = tell(context, &report);
        add_places(finding, &report);
    }
    report_release(&report);
    return finding;
}

// --- Undefined behaviour -----------------------------------------------------

// UBSan's words are good; a few are made shorter.
static struct finding *read_undefined(const struct read_context *context,
                                      GStrv lines, guint start) {
    const char *line = lines[start];
    const char *words = strstr(line, ": runtime error: ");
    if (words == NULL)
        return NULL;
    g_autofree char *fake = g_strndup(line, (size_t)(words - line));
    g_autofree char *as_frame = g_strdup_printf("#0 f %s", fake);
    struct frame frame;
    if (!frame_parse(as_frame, &frame))
        return NULL;
    struct finding *finding = NULL;
    if (frame.file != NULL && g_str_equal(frame.file, context->answer_file)) {
        g_autofree char *said =
            text_printable(words + strlen(": runtime error: "), 200);
        finding = finding_new(FINDING_UNDEFINED_BEHAVIOUR, context->stage,
                              "line %d: %s", frame.line, said);
        struct stack stack;
        stack_read(context, lines, start + 1, &stack);
        finding_add_place(
            finding, frame.file, frame.line, frame.column,
            stack_is_answer(&stack) ? stack.answer.function : NULL, NULL, said);
        stack_release(&stack);
    }
    frame_release(&frame);
    return finding;
}

// --- All of it ---------------------------------------------------------------

static bool is_error(const char *line) {
    return g_str_has_prefix(line, "==") &&
           strstr(line, "ERROR: AddressSanitizer: ") != NULL;
}

static bool starts_block(const char *line) {
    return is_error(line) || asan_leak_starts(line) ||
           strstr(line, ": runtime error: ") != NULL ||
           g_str_has_prefix(line, "SUMMARY:") ||
           strstr(line, "ERROR: LeakSanitizer") != NULL;
}

void asan_read(const struct read_context *context, const char *text,
               GPtrArray *findings) {
    g_auto(GStrv) lines = text_lines(text);
    guint most = findings->len + MOST_FINDINGS;
    for (guint at = 0; lines[at] != NULL && findings->len < most;) {
        guint end = text_block_end(lines, at, starts_block);
        struct finding *finding = is_error(lines[at])
                                      ? read_error(context, lines, at, end)
                                      : read_undefined(context, lines, at);
        if (finding != NULL) {
            g_autofree char *report = text_join(lines, at, end);
            finding->message = text_take_sentence(finding->message);
            finding->evidence = text_evidence(report, MOST_EVIDENCE);
            g_ptr_array_add(findings, finding);
        }
        at = end;
    }
    asan_leaks_read(context, lines, findings);
}
