// SPDX-License-Identifier: MIT
#include "read/valgrind_xml.h"

#include <stdlib.h>
#include <string.h>

#include "read/text.h"

enum { MOST_ERRORS = 200, MOST_FRAMES = 60, MOST_RAW = 12000 };

static void frame_free(struct vg_frame *frame) {
    g_free(frame->function);
    g_free(frame->file);
    g_free(frame);
}

static void stack_free(struct vg_stack *stack) {
    if (stack == NULL)
        return;
    g_free(stack->heading);
    g_ptr_array_unref(stack->frames);
    g_free(stack);
}

static void error_free(struct vg_error *error) {
    g_free(error->kind);
    g_free(error->what);
    g_ptr_array_unref(error->stacks);
    g_ptr_array_unref(error->texts);
    g_free(error->raw);
    g_free(error);
}

static void thread_free(struct vg_thread *thread) {
    stack_free(thread->stack);
    g_free(thread);
}

void vg_report_free(struct vg_report *report) {
    if (report == NULL)
        return;
    g_ptr_array_unref(report->errors);
    g_ptr_array_unref(report->threads);
    g_free(report);
}

// What is being read.
struct state {
    struct vg_report *report;
    struct vg_error *error;   // inside <error>
    struct vg_thread *thread; // inside <announcethread>
    struct vg_stack *stack;   // inside <stack>
    struct vg_frame *frame;   // inside <frame>
    GString *text;            // of the element being read
    char *heading;            // last auxiliary sentence, for the next stack
};

static void begin(GMarkupParseContext *context, const char *name,
                  const char **names, const char **values, gpointer data,
                  GError **failure) {
    (void)context, (void)names, (void)values, (void)failure;
    struct state *state = data;
    g_string_truncate(state->text, 0);
    if (g_str_equal(name, "error") && state->error == NULL) {
        state->error = g_new0(struct vg_error, 1);
        state->error->stacks =
            g_ptr_array_new_with_free_func((GDestroyNotify)stack_free);
        state->error->texts = g_ptr_array_new_with_free_func(g_free);
    } else if (g_str_equal(name, "announcethread") && state->thread == NULL) {
        state->thread = g_new0(struct vg_thread, 1);
    } else if (g_str_equal(name, "stack") && state->stack == NULL) {
        state->stack = g_new0(struct vg_stack, 1);
        state->stack->heading = g_steal_pointer(&state->heading);
        state->stack->frames =
            g_ptr_array_new_with_free_func((GDestroyNotify)frame_free);
    } else if (g_str_equal(name, "frame") && state->frame == NULL) {
        state->frame = g_new0(struct vg_frame, 1);
    }
}

static void end_frame_part(struct state *state, const char *name) {
    struct vg_frame *frame = state->frame;
    if (g_str_equal(name, "fn") && frame->function == NULL)
        frame->function = text_printable(state->text->str, 120);
    else if (g_str_equal(name, "file") && frame->file == NULL)
        frame->file = text_printable(state->text->str, 120);
    else if (g_str_equal(name, "line"))
        frame->line = atoi(state->text->str);
    if (!g_str_equal(name, "frame"))
        return;
    if (state->stack != NULL && state->stack->frames->len < MOST_FRAMES)
        g_ptr_array_add(state->stack->frames, frame);
    else
        frame_free(frame);
    state->frame = NULL;
}

static void end_stack(struct state *state) {
    struct vg_stack *stack = g_steal_pointer(&state->stack);
    if (state->error != NULL)
        g_ptr_array_add(state->error->stacks, stack);
    else if (state->thread != NULL && state->thread->stack == NULL)
        state->thread->stack = stack;
    else
        stack_free(stack);
}

static void end_error_part(struct state *state, const char *name) {
    struct vg_error *error = state->error;
    bool is_sentence = g_str_equal(name, "what") || g_str_equal(name, "text");
    if (g_str_equal(name, "kind") && error->kind == NULL) {
        error->kind = text_printable(state->text->str, 60);
    } else if (is_sentence && error->what == NULL) {
        error->what = text_printable(state->text->str, 300);
    } else if (is_sentence || g_str_equal(name, "auxwhat")) {
        g_free(state->heading);
        state->heading = text_printable(state->text->str, 300);
        g_ptr_array_add(error->texts, g_strdup(state->heading));
    }
    if (!g_str_equal(name, "error"))
        return;
    if (error->kind != NULL && error->what != NULL &&
        state->report->errors->len < MOST_ERRORS)
        g_ptr_array_add(state->report->errors, error);
    else
        error_free(error);
    state->error = NULL;
    g_clear_pointer(&state->heading, g_free);
}

static void end(GMarkupParseContext *context, const char *name, gpointer data,
                GError **failure) {
    (void)context, (void)failure;
    struct state *state = data;
    if (state->frame != NULL) {
        end_frame_part(state, name);
    } else if (state->stack != NULL && g_str_equal(name, "stack")) {
        end_stack(state);
    } else if (state->error != NULL) {
        end_error_part(state, name);
    } else if (state->thread != NULL) {
        if (g_str_equal(name, "hthreadid"))
            state->thread->number = atoi(state->text->str);
        if (g_str_equal(name, "announcethread"))
            g_ptr_array_add(state->report->threads,
                            g_steal_pointer(&state->thread));
    }
    g_string_truncate(state->text, 0);
}

static void text(GMarkupParseContext *context, const char *text, gsize length,
                 gpointer data, GError **failure) {
    (void)context, (void)failure;
    struct state *state = data;
    if (state->text->len < MOST_RAW)
        g_string_append_len(state->text, text, (gssize)length);
}

// Gives each error its own XML: the n-th error of the text, but for those that
// were dropped as incomplete, which can only be the last.
static void keep_raw(struct vg_report *report, const char *xml) {
    for (guint i = 0; i < report->errors->len; i++) {
        const char *start = strstr(xml, "<error>");
        const char *stop = start == NULL ? NULL : strstr(start, "</error>");
        if (stop == NULL)
            return;
        stop += strlen("</error>");
        struct vg_error *error = report->errors->pdata[i];
        g_autofree char *raw = g_strndup(start, (size_t)(stop - start));
        error->raw = text_evidence(raw, MOST_RAW);
        xml = stop;
    }
}

struct vg_report *vg_report_new(const char *xml) {
    static const GMarkupParser parser = {
        .start_element = begin, .end_element = end, .text = text};
    struct vg_report *report = g_new0(struct vg_report, 1);
    report->errors = g_ptr_array_new_with_free_func((GDestroyNotify)error_free);
    report->threads =
        g_ptr_array_new_with_free_func((GDestroyNotify)thread_free);
    struct state state = {.report = report, .text = g_string_new(NULL)};
    g_autofree char *valid = g_utf8_make_valid(xml, -1);
    GMarkupParseContext *context =
        g_markup_parse_context_new(&parser, 0, &state, NULL);
    // An error means that the text ends early: what was read stays.
    g_markup_parse_context_parse(context, valid, -1, NULL);
    g_markup_parse_context_free(context);
    if (state.error != NULL)
        error_free(state.error);
    if (state.thread != NULL)
        thread_free(state.thread);
    stack_free(state.stack);
    if (state.frame != NULL)
        frame_free(state.frame);
    g_string_free(state.text, TRUE);
    g_free(state.heading);
    keep_raw(report, valid);
    return report;
}
