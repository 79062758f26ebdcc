// SPDX-License-Identifier: MIT
#include "read/schedules.h"

#include <string.h>

#include "read/trace_lines.h"

GPtrArray *schedules_traces(const char *text, char **trouble,
                            char **undecided) {
    GPtrArray *traces = trace_lines_read(text);
    bool found = false, cut = traces->len == 0;
    for (guint i = 0; i < traces->len; i++) {
        const struct trace *trace = traces->pdata[i];
        found = found || trace->found;
        cut = cut || !trace->finished;
        if (trace->inconclusive != NULL && *undecided == NULL)
            *undecided = g_strdup(trace->inconclusive);
    }
    if (cut)
        *trouble = g_strdup("the schedule explorer did not come to its end");
    if (found)
        g_clear_pointer(undecided, g_free);
    return traces;
}

static bool is_answers(const struct read_context *context,
                       const struct trace_frame *frame) {
    if (frame->file == NULL)
        return false;
    g_autofree char *name = g_path_get_basename(frame->file);
    return g_str_equal(name, context->answer_file);
}

// The innermost frame of a step that lies in the answer, or NULL.
static const struct trace_frame *
answers_frame(const struct read_context *context,
              const struct trace_stack *stack) {
    for (guint i = 0; i < stack->count; i++)
        if (is_answers(context, &stack->frames[i]))
            return &stack->frames[i];
    return NULL;
}

static void add_place(const struct read_context *context,
                      struct finding *finding, const struct trace *trace,
                      int thread, const struct trace_stack *stack,
                      const char *role) {
    const struct trace_frame *frame = answers_frame(context, stack);
    if (frame != NULL)
        finding_add_place(finding, context->answer_file, frame->line, 0,
                          frame->function, trace_thread_name(trace, thread),
                          role);
}

static void add_event(const struct read_context *context,
                      struct finding *finding, const struct trace *trace,
                      int step, const char *role) {
    const struct trace_event *event = trace_event_at(trace, step);
    if (event != NULL)
        add_place(context, finding, trace, event->thread, &event->stack, role);
}

// The last step in the answer before the failure showed.
static void add_last(const struct read_context *context,
                     struct finding *finding, const struct trace *trace) {
    for (guint i = trace->events->len; i-- > 0;) {
        const struct trace_event *event = trace->events->pdata[i];
        if (answers_frame(context, &event->stack) == NULL)
            continue;
        add_place(context, finding, trace, event->thread, &event->stack,
                  "the last step before it shows");
        return;
    }
}

static void add_places(const struct read_context *context,
                       struct finding *finding, const struct trace *trace) {
    add_event(context, finding, trace, trace->race_first, "one access");
    add_event(context, finding, trace, trace->race_second, "the other");
    add_event(context, finding, trace, trace->used, "used here");
    add_event(context, finding, trace, trace->freed, "freed here");
    add_event(context, finding, trace, trace->misuse_step, "misused here");
    for (guint i = 0; i < trace->waiting->len; i++) {
        const struct trace_waiting *waiting = trace->waiting->pdata[i];
        add_place(context, finding, trace, waiting->thread, &waiting->stack,
                  "waits here for ever");
    }
    if (finding->places->len == 0)
        add_last(context, finding, trace);
}

// Whether no other order of steps could have helped: nobody was interrupted,
// and it is the first schedule or one in which nobody else did anything.
static bool is_in_any_order(const struct trace *trace) {
    bool alone = trace->events->len > 0;
    for (guint i = 1; i < trace->events->len; i++) {
        const struct trace_event *event = trace->events->pdata[i];
        const struct trace_event *first = trace->events->pdata[0];
        alone = alone && event->thread == first->thread;
    }
    return trace->preemptions == 0 && (trace->schedule == 1 || alone);
}

struct finding *schedules_read(const struct read_context *context,
                               const struct trace *trace) {
    enum finding_kind kind = FINDING_WRONG_RESULT;
    if (!trace->found || trace->kind == NULL)
        return NULL;
    finding_kind_from_name(trace->kind, &kind);
    struct finding *finding = finding_new(kind, context->stage, "%s",
                                          trace->message ? trace->message : "");
    finding->test = g_strdup(trace->scenario);
    finding->in_any_order = is_in_any_order(trace);
    add_places(context, finding, trace);
    return finding;
}
