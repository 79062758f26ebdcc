// SPDX-License-Identifier: MIT
#include "report/trace_lines.h"

#define FORMAT_VERSION 1

// --- Members: what is unknown is left out ------------------------------------

static void add_text(JsonBuilder *builder, const char *key, const char *text) {
    if (text == NULL)
        return;
    json_builder_set_member_name(builder, key);
    json_builder_add_string_value(builder, text);
}

static void add_number(JsonBuilder *builder, const char *key, int64_t number) {
    json_builder_set_member_name(builder, key);
    json_builder_add_int_value(builder, number);
}

static void add_known(JsonBuilder *builder, const char *key, int64_t number) {
    if (number >= 0)
        add_number(builder, key, number);
}

static void add_truth(JsonBuilder *builder, const char *key, bool truth) {
    json_builder_set_member_name(builder, key);
    json_builder_add_boolean_value(builder, truth);
}

static void begin(JsonBuilder *builder, const char *type) {
    json_builder_begin_object(builder);
    add_text(builder, "type", type);
}

static void add_place(JsonBuilder *builder, const struct trace_frame *frame) {
    add_text(builder, "function", frame->function);
    add_text(builder, "file", frame->file);
    if (frame->line > 0)
        add_number(builder, "line", frame->line);
}

static void add_stack(JsonBuilder *builder, const struct trace_stack *stack) {
    struct trace_frame place = trace_stack_place(stack);
    add_place(builder, &place);
    json_builder_set_member_name(builder, "stack");
    json_builder_begin_array(builder);
    for (guint i = 0; i < stack->count; i++) {
        json_builder_begin_object(builder);
        add_place(builder, &stack->frames[i]);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

// --- Lines -------------------------------------------------------------------

static void build_run(JsonBuilder *builder, const struct trace *trace) {
    begin(builder, "lockstep-trace");
    add_number(builder, "version", FORMAT_VERSION);
    add_text(builder, "scenario", trace->scenario);
    add_number(builder, "seed", (int64_t)trace->seed);
    add_number(builder, "budget", trace->budget);
    json_builder_end_object(builder);
}

static void build_thread(JsonBuilder *builder,
                         const struct trace_thread *thread) {
    begin(builder, "thread");
    add_number(builder, "id", thread->id);
    add_text(builder, "name", thread->name);
    add_text(builder, "runs", thread->function);
    add_known(builder, "parent", thread->parent);
    add_known(builder, "created", thread->created);
    add_place(builder, &thread->where);
    json_builder_end_object(builder);
}

static void build_object(JsonBuilder *builder,
                         const struct trace_object *object) {
    begin(builder, "object");
    add_text(builder, "name", object->name);
    add_text(builder, "about", object->about);
    json_builder_end_object(builder);
}

static void build_event(JsonBuilder *builder, const struct trace_event *event) {
    begin(builder, "event");
    add_number(builder, "step", event->step);
    add_number(builder, "thread", event->thread);
    add_text(builder, "op", trace_op_name(event->op));
    add_text(builder, "object", event->object);
    add_text(builder, "value", event->value);
    add_text(builder, "before", event->before);
    add_text(builder, "order", event->order);
    add_known(builder, "other", event->other);
    if (event->result != 0)
        add_number(builder, "result", event->result);
    if (event->preempted)
        add_truth(builder, "preempted", true);
    if (event->blocked)
        add_truth(builder, "blocked", true);
    add_text(builder, "note", event->note);
    add_stack(builder, &event->stack);
    json_builder_end_object(builder);
}

static void build_held(JsonBuilder *builder, const struct trace_held *held) {
    begin(builder, "held");
    add_number(builder, "thread", held->thread);
    add_text(builder, "op", trace_op_name(held->op));
    add_text(builder, "object", held->object);
    add_known(builder, "step", held->step);
    json_builder_end_object(builder);
}

static void build_waiting(JsonBuilder *builder,
                          const struct trace_waiting *waiting) {
    begin(builder, "waiting");
    add_number(builder, "thread", waiting->thread);
    add_text(builder, "op", trace_op_name(waiting->op));
    add_text(builder, "object", waiting->object);
    add_known(builder, "other", waiting->other);
    json_builder_set_member_name(builder, "holders");
    json_builder_begin_array(builder);
    for (guint i = 0; i < waiting->holders->len; i++)
        json_builder_add_int_value(builder,
                                   g_array_index(waiting->holders, int, i));
    json_builder_end_array(builder);
    add_stack(builder, &waiting->stack);
    json_builder_end_object(builder);
}

static void build_source(JsonBuilder *builder,
                         const struct trace_source *source) {
    begin(builder, "source");
    add_text(builder, "file", source->file);
    add_number(builder, "line", source->line);
    add_text(builder, "text", source->text);
    json_builder_end_object(builder);
}

static void build_facts(JsonBuilder *builder, const struct trace *trace) {
    if (trace->race_first >= 0) {
        begin(builder, "race");
        add_number(builder, "first", trace->race_first);
        add_number(builder, "second", trace->race_second);
        json_builder_end_object(builder);
    }
    if (trace->memory != NULL) {
        begin(builder, "memory");
        add_text(builder, "what", trace->memory);
        add_known(builder, "allocated", trace->allocated);
        add_known(builder, "freed", trace->freed);
        add_known(builder, "used", trace->used);
        json_builder_end_object(builder);
    }
    if (trace->misuse != NULL) {
        begin(builder, "misuse");
        add_text(builder, "what", trace->misuse);
        add_known(builder, "step", trace->misuse_step);
        json_builder_end_object(builder);
    }
}

static void build_result(JsonBuilder *builder, const struct trace *trace) {
    begin(builder, "result");
    add_truth(builder, "found", trace->found);
    if (trace->found) {
        add_text(builder, "kind", trace->kind);
        add_text(builder, "message", trace->message);
        add_text(builder, "file", trace->file);
        if (trace->line > 0)
            add_number(builder, "line", trace->line);
        add_number(builder, "schedule", trace->schedule);
        add_text(builder, "strategy", trace->strategy);
        add_number(builder, "seed", (int64_t)trace->seed);
        add_known(builder, "preemptions", trace->preemptions);
        add_number(builder, "steps", trace->steps);
    }
    add_number(builder, "schedules_run", trace->schedules_run);
    add_truth(builder, "complete", trace->complete);
    add_number(builder, "bound", trace->bound);
    add_number(builder, "interleavings", trace->interleavings);
    json_builder_set_member_name(builder, "uncontrolled");
    json_builder_begin_array(builder);
    for (guint i = 0; i < trace->uncontrolled->len; i++)
        json_builder_add_string_value(builder, trace->uncontrolled->pdata[i]);
    json_builder_end_array(builder);
    add_text(builder, "inconclusive", trace->inconclusive);
    json_builder_end_object(builder);
}

void trace_lines_build(JsonBuilder *builder, const struct trace *trace) {
    build_run(builder, trace);
    for (guint i = 0; i < trace->threads->len; i++)
        build_thread(builder, trace->threads->pdata[i]);
    for (guint i = 0; i < trace->objects->len; i++)
        build_object(builder, trace->objects->pdata[i]);
    for (guint i = 0; i < trace->sources->len; i++)
        build_source(builder, trace->sources->pdata[i]);
    for (guint i = 0; i < trace->events->len; i++)
        build_event(builder, trace->events->pdata[i]);
    for (guint i = 0; i < trace->held->len; i++)
        build_held(builder, trace->held->pdata[i]);
    for (guint i = 0; i < trace->waiting->len; i++)
        build_waiting(builder, trace->waiting->pdata[i]);
    build_facts(builder, trace);
    if (trace->finished)
        build_result(builder, trace);
}

void trace_lines_write(GString *out, const struct trace *trace) {
    g_autoptr(JsonBuilder) builder = json_builder_new();
    json_builder_begin_array(builder);
    trace_lines_build(builder, trace);
    json_builder_end_array(builder);
    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    JsonArray *array = json_node_get_array(root);
    for (guint i = 0; i < json_array_get_length(array); i++) {
        g_autofree char *line =
            json_to_string(json_array_get_element(array, i), FALSE);
        g_string_append_printf(out, "%s\n", line);
    }
}
