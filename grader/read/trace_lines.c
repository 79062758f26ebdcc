// SPDX-License-Identifier: MIT
#include "read/trace_lines.h"

#include <string.h>

#include "read/json_line.h"
#include "read/text.h"

enum {
    VERSION = 1,
    EVENTS_MOST = 200000,
    OTHERS_MOST = 4096,
    STACK_MOST = 32,
    TEXT_MOST = 400
};

static const char *take(struct trace *trace, JsonObject *line,
                        const char *key) {
    const char *text = json_line_string(line, key);
    if (text == NULL)
        return NULL;
    g_autofree char *clean = text_printable(text, TEXT_MOST);
    return trace_text(trace, clean);
}

static struct trace_frame read_place(struct trace *trace, JsonObject *line) {
    return (struct trace_frame){
        .function = take(trace, line, "function"),
        .file = take(trace, line, "file"),
        .line = MAX(json_line_int(line, "line", 0), 0),
    };
}

static struct trace_stack read_stack(struct trace *trace, JsonObject *line) {
    struct trace_stack stack = {0};
    JsonArray *array = json_line_array(line, "stack");
    guint count = array == NULL ? 0 : json_array_get_length(array);
    stack.frames = g_new0(struct trace_frame, STACK_MOST);
    for (guint i = 0; i < MIN(count, STACK_MOST); i++) {
        JsonNode *node = json_array_get_element(array, i);
        if (JSON_NODE_HOLDS_OBJECT(node))
            stack.frames[stack.count++] =
                read_place(trace, json_node_get_object(node));
    }
    return stack;
}

// --- Lines -------------------------------------------------------------------

static void read_thread(struct trace *trace, JsonObject *line) {
    int id = json_line_int(line, "id", -1);
    if (id < 0 || trace->threads->len >= OTHERS_MOST ||
        trace_thread(trace, id) != NULL)
        return;
    struct trace_thread *thread = trace_add_thread(trace, id);
    const char *name = take(trace, line, "name");
    if (name != NULL)
        thread->name = name;
    thread->function = take(trace, line, "runs");
    thread->parent = json_line_int(line, "parent", -1);
    thread->created = json_line_int(line, "created", -1);
    thread->where = read_place(trace, line);
}

static void read_object(struct trace *trace, JsonObject *line) {
    const char *name = take(trace, line, "name");
    if (name != NULL && trace->objects->len < OTHERS_MOST)
        trace_add_object(trace, name, take(trace, line, "about"));
}

static void read_source(struct trace *trace, JsonObject *line) {
    struct trace_frame place = read_place(trace, line);
    const char *text = take(trace, line, "text");
    if (place.file != NULL && text != NULL && trace->sources->len < OTHERS_MOST)
        trace_add_source(trace, place.file, place.line, text);
}

static void read_event(struct trace *trace, JsonObject *line) {
    int step = json_line_int(line, "step", -1);
    guint count = trace->events->len;
    const struct trace_event *last =
        count == 0 ? NULL : trace->events->pdata[count - 1];
    if (count >= EVENTS_MOST || step < 0 || (last && last->step >= step))
        return;
    struct trace_event *event = trace_add_event(trace, step);
    event->thread = json_line_int(line, "thread", 0);
    event->op = trace_op_from_name(json_line_string(line, "op"));
    event->object = take(trace, line, "object");
    event->value = take(trace, line, "value");
    event->before = take(trace, line, "before");
    event->order = take(trace, line, "order");
    event->other = json_line_int(line, "other", -1);
    event->result = json_line_int(line, "result", 0);
    event->preempted = json_line_truth(line, "preempted");
    event->blocked = json_line_truth(line, "blocked");
    event->note = take(trace, line, "note");
    event->stack = read_stack(trace, line);
}

static void read_held(struct trace *trace, JsonObject *line) {
    if (trace->held->len >= OTHERS_MOST)
        return;
    struct trace_held *held =
        trace_add_held(trace, json_line_int(line, "thread", 0));
    held->op = trace_op_from_name(json_line_string(line, "op"));
    held->object = take(trace, line, "object");
    held->step = json_line_int(line, "step", -1);
}

static void read_waiting(struct trace *trace, JsonObject *line) {
    if (trace->waiting->len >= OTHERS_MOST)
        return;
    struct trace_waiting *waiting =
        trace_add_waiting(trace, json_line_int(line, "thread", 0));
    waiting->op = trace_op_from_name(json_line_string(line, "op"));
    waiting->object = take(trace, line, "object");
    waiting->other = json_line_int(line, "other", -1);
    waiting->stack = read_stack(trace, line);
    JsonArray *holders = json_line_array(line, "holders");
    guint count = holders == NULL ? 0 : json_array_get_length(holders);
    for (guint i = 0; i < MIN(count, OTHERS_MOST); i++) {
        JsonNode *node = json_array_get_element(holders, i);
        int id = JSON_NODE_HOLDS_VALUE(node) ? (int)json_node_get_int(node) : 0;
        g_array_append_val(waiting->holders, id);
    }
}

static void read_facts(struct trace *trace, JsonObject *line,
                       const char *type) {
    if (g_str_equal(type, "race")) {
        trace->race_first = json_line_int(line, "first", -1);
        trace->race_second = json_line_int(line, "second", -1);
    } else if (g_str_equal(type, "memory")) {
        trace->memory = take(trace, line, "what");
        trace->allocated = json_line_int(line, "allocated", -1);
        trace->freed = json_line_int(line, "freed", -1);
        trace->used = json_line_int(line, "used", -1);
    } else if (g_str_equal(type, "misuse")) {
        trace->misuse = take(trace, line, "what");
        trace->misuse_step = json_line_int(line, "step", -1);
    }
}

static void read_uncontrolled(struct trace *trace, JsonObject *line) {
    JsonArray *array = json_line_array(line, "uncontrolled");
    guint count = array == NULL ? 0 : json_array_get_length(array);
    for (guint i = 0; i < MIN(count, OTHERS_MOST); i++) {
        JsonNode *node = json_array_get_element(array, i);
        if (!JSON_NODE_HOLDS_VALUE(node) ||
            json_node_get_value_type(node) != G_TYPE_STRING)
            continue;
        g_autofree char *clean =
            text_printable(json_node_get_string(node), TEXT_MOST);
        g_ptr_array_add(trace->uncontrolled, (char *)trace_text(trace, clean));
    }
}

static void read_result(struct trace *trace, JsonObject *line) {
    const char *message = take(trace, line, "message");
    trace->finished = true;
    trace->found = json_line_truth(line, "found");
    trace->kind = take(trace, line, "kind");
    trace->message = message != NULL ? message : trace->message;
    trace->file = take(trace, line, "file");
    trace->line = json_line_int(line, "line", 0);
    trace->schedule = json_line_int(line, "schedule", 0);
    trace->strategy = take(trace, line, "strategy");
    trace->seed =
        (uint64_t)json_line_number(line, "seed", (int64_t)trace->seed);
    trace->preemptions = json_line_int(line, "preemptions", -1);
    trace->steps = json_line_int(line, "steps", 0);
    trace->schedules_run = json_line_int(line, "schedules_run", 0);
    trace->complete = json_line_truth(line, "complete");
    trace->bound = json_line_int(line, "bound", 0);
    trace->interleavings = json_line_number(line, "interleavings", 0);
    trace->inconclusive = take(trace, line, "inconclusive");
    read_uncontrolled(trace, line);
}

// --- The file ----------------------------------------------------------------

static void read_line(GPtrArray *traces, JsonObject *line) {
    const char *type = json_line_string(line, "type");
    if (type == NULL)
        return;
    if (g_str_equal(type, "lockstep-trace") &&
        json_line_int(line, "version", 0) == VERSION &&
        traces->len < OTHERS_MOST) {
        struct trace *trace = trace_new();
        trace->scenario = take(trace, line, "scenario");
        trace->seed = (uint64_t)json_line_number(line, "seed", 0);
        trace->budget = json_line_int(line, "budget", 0);
        g_ptr_array_add(traces, trace);
        return;
    }
    if (traces->len == 0)
        return;
    struct trace *trace = traces->pdata[traces->len - 1];
    if (g_str_equal(type, "thread"))
        read_thread(trace, line);
    else if (g_str_equal(type, "object"))
        read_object(trace, line);
    else if (g_str_equal(type, "source"))
        read_source(trace, line);
    else if (g_str_equal(type, "event"))
        read_event(trace, line);
    else if (g_str_equal(type, "held"))
        read_held(trace, line);
    else if (g_str_equal(type, "waiting"))
        read_waiting(trace, line);
    else if (g_str_equal(type, "result"))
        read_result(trace, line);
    else
        read_facts(trace, line, type);
}

GPtrArray *trace_lines_read(const char *text) {
    GPtrArray *traces =
        g_ptr_array_new_with_free_func((GDestroyNotify)trace_free);
    g_autoptr(JsonParser) parser = json_parser_new();
    g_auto(GStrv) lines = text_lines(text);
    for (char **line = lines; *line != NULL; line++) {
        JsonObject *object =
            **line == '{' ? json_line_parse(parser, *line) : NULL;
        if (object != NULL)
            read_line(traces, object);
    }
    return traces;
}
