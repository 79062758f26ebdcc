// SPDX-License-Identifier: MIT
// How it works: objects get their final names only when all of them are known,
// so lines are read into the trace with numbers in the place of names first
// (struct pending), and finished at the end of their group.
#include "read/explored.h"

#include <string.h>

#include "read/json_line.h"
#include "read/object_names.h"
#include "read/text.h"

enum {
    EVENTS_MOST = 200000,
    THREADS_MOST = 4096,
    STACK_MOST = 32,
    TEXT_MOST = 400,
    LOOP_KEPT = 300, // steps at either end of one
    CONTEXT = 3 // lines of source before and after each that is mentioned
};

// What waits for a name.
struct pending {
    const char **object;
    const char **value;
    const char **before;
    guint number; // of the object
    uint64_t raw_value, raw_before, size;
    bool has_value, has_before;
};

struct reading {
    struct debug_names *names;
    GHashTable *sources;
    GPtrArray *traces;
    struct trace *trace; // the last of them, or NULL
    struct object_names *objects;
    GArray *pending; // of struct pending
};

static const char *take_text(struct reading *reading, const char *text) {
    if (text == NULL)
        return NULL;
    g_autofree char *clean = text_printable(text, TEXT_MOST);
    return trace_text(reading->trace, clean);
}

// --- Places ------------------------------------------------------------------

static guint read_addresses(JsonObject *object, const char *key,
                            uint64_t *addresses) {
    JsonArray *array = json_line_array(object, key);
    guint count = array == NULL ? 0 : json_array_get_length(array);
    count = MIN(count, STACK_MOST);
    for (guint i = 0; i < count; i++)
        addresses[i] = json_line_element_address(array, i);
    return count;
}

// The explorer's own code, which is nobody's bug.
static bool is_explorer(const struct trace_frame *frame) {
    return frame->file != NULL &&
           strstr(frame->file, "grader/explore/") != NULL;
}

// Puts the lines around LINE of SOURCE into the trace, which then stands alone.
static void keep_source(struct reading *reading, const char *file,
                        const char *source, int line) {
    int number = 1;
    for (const char *at = source; at != NULL && *at != '\0'; number++) {
        gsize length = strcspn(at, "\n");
        if (number >= line - CONTEXT && number <= line + CONTEXT &&
            trace_line(reading->trace, file, number) == NULL) {
            g_autofree char *text = g_strndup(at, MIN(length, TEXT_MOST));
            trace_add_source(reading->trace, file, number,
                             take_text(reading, g_strchomp(text)));
        }
        if (number > line + CONTEXT || at[length] == '\0')
            return;
        at += length + 1;
    }
}

// The frame of a call that returns to ADDRESS, its line of source kept.
static struct trace_frame read_frame(struct reading *reading,
                                     uint64_t address) {
    struct trace_frame frame = {0};
    if (reading->names == NULL)
        return frame;
    struct debug_place place = debug_names_code(reading->names, address - 1);
    frame.function = take_text(reading, place.function);
    frame.file = take_text(reading, place.file);
    frame.line = place.line;
    if (!is_explorer(&frame))
        keep_source(reading, frame.file,
                    object_names_source(reading->objects, &place), place.line);
    return frame;
}

static struct trace_stack read_stack(struct reading *reading,
                                     JsonObject *object) {
    uint64_t addresses[STACK_MOST];
    struct trace_stack stack = {0};
    guint count = read_addresses(object, "stack", addresses);
    stack.frames = g_new0(struct trace_frame, MAX(count, 1));
    for (guint i = 0; i < count; i++) {
        struct trace_frame frame = read_frame(reading, addresses[i]);
        if (!is_explorer(&frame) &&
            (frame.function != NULL || frame.file != NULL))
            stack.frames[stack.count++] = frame;
    }
    return stack;
}

// --- Objects -----------------------------------------------------------------

static bool is_lock_op(enum trace_op op) {
    switch (op) {
    case TRACE_READ:
    case TRACE_WRITE:
    case TRACE_UPDATE:
    case TRACE_ATOMIC_LOAD:
    case TRACE_ATOMIC_STORE:
    case TRACE_ATOMIC_UPDATE:
    case TRACE_MALLOC:
    case TRACE_FREE:
        return false;
    default:
        return true;
    }
}

static void read_object(struct reading *reading, JsonObject *line,
                        enum trace_op op, struct pending *pending) {
    uint64_t stack[STACK_MOST], block_stack[STACK_MOST];
    struct object_use use = {
        .address = json_line_address(line, "object"),
        .size = (uint64_t)json_line_number(line, "size", 0),
        .is_lock = is_lock_op(op),
        .is_block = op == TRACE_MALLOC || op == TRACE_FREE,
        .is_write = trace_op_writes(op),
        .stack = stack,
        .depth = read_addresses(line, "stack", stack),
        .in_frame = json_object_has_member(line, "frame_pc"),
        .frame_pc = json_line_address(line, "frame_pc"),
        .frame_offset = json_line_number(line, "frame_offset", 0),
        .frame_thread = json_line_int(line, "frame_thread", -1),
        .block_number = json_line_number(line, "block_number", -1),
        .block = json_line_address(line, "block"),
        .block_size = (uint64_t)json_line_number(line, "block_size", 0),
        .block_stack = block_stack,
        .block_depth = read_addresses(line, "block_stack", block_stack),
    };
    // The size of a lock is its type's own business; of a block, the heap's.
    if (use.is_lock || use.is_block)
        use.size = 0;
    pending->size = use.size == 0 ? 8 : use.size;
    pending->number = object_names_add(reading->objects, &use);
    g_array_append_val(reading->pending, *pending);
}

// --- Lines -------------------------------------------------------------------

static const char *read_entry(struct reading *reading, uint64_t entry) {
    struct trace_frame frame = read_frame(reading, entry + 1);
    return is_explorer(&frame) ? NULL : frame.function;
}

static void read_thread(struct reading *reading, JsonObject *line) {
    int id = json_line_int(line, "id", -1);
    struct trace *trace = reading->trace;
    if (id < 0 || trace->threads->len >= THREADS_MOST ||
        trace_thread(trace, id) != NULL)
        return;
    struct trace_thread *thread = trace_add_thread(trace, id);
    thread->parent = json_line_int(line, "parent", -1);
    thread->created = json_line_int(line, "created", -1);
    uint64_t entry = json_line_address(line, "entry");
    if (entry != 0)
        thread->function = read_entry(reading, entry);
    struct trace_stack stack = read_stack(reading, line);
    thread->where = trace_stack_place(&stack);
    g_free(stack.frames);
}

static void read_event(struct reading *reading, JsonObject *line) {
    struct trace *trace = reading->trace;
    int step = json_line_int(line, "step", -1);
    const struct trace_event *last =
        trace->events->len == 0 ? NULL
                                : trace->events->pdata[trace->events->len - 1];
    if (trace->events->len >= EVENTS_MOST || step < 0 ||
        (last != NULL && last->step >= step))
        return;
    struct trace_event *event = trace_add_event(trace, step);
    event->thread = json_line_int(line, "thread", 0);
    event->op = trace_op_from_name(json_line_string(line, "op"));
    event->order = take_text(reading, json_line_string(line, "order"));
    event->note = take_text(reading, json_line_string(line, "note"));
    event->other = json_line_int(line, "thread_object", -1);
    event->result = json_line_int(line, "result", 0);
    event->preempted = json_line_truth(line, "switch");
    event->blocked = json_line_truth(line, "blocked");
    event->stack = read_stack(reading, line);
    struct pending pending = {
        .object = &event->object,
        .value = &event->value,
        .before = &event->before,
        .has_value = json_object_has_member(line, "value"),
        .has_before = json_object_has_member(line, "before"),
        .raw_value = (uint64_t)json_line_number(line, "value", 0),
        .raw_before = (uint64_t)json_line_number(line, "before", 0),
    };
    if (json_object_has_member(line, "object"))
        read_object(reading, line, event->op, &pending);
}

static void read_held(struct reading *reading, JsonObject *line) {
    if (reading->trace->held->len >= THREADS_MOST)
        return;
    struct trace_held *held =
        trace_add_held(reading->trace, json_line_int(line, "thread", 0));
    held->op = trace_op_from_name(json_line_string(line, "op"));
    held->step = json_line_int(line, "step", -1);
    struct pending pending = {.object = &held->object};
    if (json_object_has_member(line, "object"))
        read_object(reading, line, held->op, &pending);
}

static void read_waiting(struct reading *reading, JsonObject *line) {
    if (reading->trace->waiting->len >= THREADS_MOST)
        return;
    struct trace_waiting *waiting =
        trace_add_waiting(reading->trace, json_line_int(line, "thread", 0));
    waiting->op = trace_op_from_name(json_line_string(line, "op"));
    waiting->other = json_line_int(line, "thread_object", -1);
    waiting->stack = read_stack(reading, line);
    JsonArray *holders = json_line_array(line, "holders");
    guint count = holders == NULL ? 0 : json_array_get_length(holders);
    for (guint i = 0; i < MIN(count, THREADS_MOST); i++) {
        JsonNode *node = json_array_get_element(holders, i);
        int id = JSON_NODE_HOLDS_VALUE(node) ? (int)json_node_get_int(node) : 0;
        g_array_append_val(waiting->holders, id);
    }
    struct pending pending = {.object = &waiting->object};
    if (json_object_has_member(line, "object"))
        read_object(reading, line, waiting->op, &pending);
}

static void read_facts(struct reading *reading, JsonObject *line,
                       const char *type) {
    struct trace *trace = reading->trace;
    if (g_str_equal(type, "race")) {
        trace->race_first = json_line_int(line, "first", -1);
        trace->race_second = json_line_int(line, "second", -1);
    } else if (g_str_equal(type, "memory")) {
        trace->memory = take_text(reading, json_line_string(line, "what"));
        trace->allocated = json_line_int(line, "allocated", -1);
        trace->freed = json_line_int(line, "freed", -1);
        trace->used = json_line_int(line, "used", -1);
    } else if (g_str_equal(type, "misuse")) {
        trace->misuse = take_text(reading, json_line_string(line, "what"));
        trace->misuse_step = json_line_int(line, "step", -1);
    }
}

static void read_search(struct reading *reading, JsonObject *line) {
    struct trace *trace = reading->trace;
    trace->schedules_run = json_line_int(line, "schedules_run", 0);
    trace->complete = json_line_truth(line, "complete");
    trace->bound = json_line_int(line, "bound", 0);
    trace->interleavings = json_line_number(line, "interleavings", 0);
    trace->inconclusive =
        take_text(reading, json_line_string(line, "inconclusive"));
    JsonArray *names = json_line_array(line, "uncontrolled");
    guint count = names == NULL ? 0 : json_array_get_length(names);
    for (guint i = 0; i < MIN(count, 100); i++) {
        JsonNode *node = json_array_get_element(names, i);
        if (JSON_NODE_HOLDS_VALUE(node) &&
            json_node_get_value_type(node) == G_TYPE_STRING)
            g_ptr_array_add(
                trace->uncontrolled,
                (char *)take_text(reading, json_node_get_string(node)));
    }
}

static void read_result(struct reading *reading, JsonObject *line) {
    struct trace *trace = reading->trace;
    read_search(reading, line);
    trace->finished = true;
    trace->found = json_line_truth(line, "found");
    if (!trace->found)
        return;
    const char *message = json_line_string(line, "message");
    trace->kind = take_text(reading, json_line_string(line, "kind"));
    trace->message = take_text(reading, message != NULL ? message : "");
    trace->file = take_text(reading, json_line_string(line, "file"));
    trace->line = json_line_int(line, "line", 0);
    trace->schedule = json_line_int(line, "schedule", 0);
    trace->strategy = take_text(reading, json_line_string(line, "strategy"));
    trace->seed =
        (uint64_t)json_line_number(line, "seed", (int64_t)trace->seed);
    trace->preemptions = json_line_int(line, "preemptions", -1);
    trace->steps = json_line_int(line, "steps", 0);
}

// --- Groups ------------------------------------------------------------------

static void name_pending(struct reading *reading,
                         const struct pending *pending) {
    struct object_names *objects = reading->objects;
    const char *name = object_names_get(objects, pending->number);
    trace_add_object(reading->trace, name,
                     object_names_about(objects, pending->number));
    *pending->object = trace_text(reading->trace, name);
    if (pending->has_value) {
        g_autofree char *text = object_names_value(
            objects, pending->number, pending->raw_value, pending->size);
        *pending->value = take_text(reading, text);
    }
    if (pending->has_before) {
        g_autofree char *text = object_names_value(
            objects, pending->number, pending->raw_before, pending->size);
        *pending->before = take_text(reading, text);
    }
}

// A loop that went on for thousands of rounds is not worth keeping whole.
static void shorten_loop(struct trace *trace) {
    bool loops = g_strcmp0(trace->kind, "livelock") == 0 ||
                 g_strcmp0(trace->kind, "busy-wait") == 0;
    if (loops && trace->events->len > 2 * LOOP_KEPT)
        g_ptr_array_remove_range(trace->events, LOOP_KEPT,
                                 trace->events->len - 2 * LOOP_KEPT);
}

static void end_group(struct reading *reading) {
    for (guint i = 0; reading->trace != NULL && i < reading->pending->len; i++)
        name_pending(reading,
                     &g_array_index(reading->pending, struct pending, i));
    if (reading->trace != NULL)
        shorten_loop(reading->trace);
    g_clear_pointer(&reading->objects, object_names_free);
    g_array_set_size(reading->pending, 0);
    reading->trace = NULL;
}

static void begin_group(struct reading *reading, JsonObject *line) {
    end_group(reading);
    if (reading->traces->len >= THREADS_MOST)
        return;
    reading->trace = trace_new();
    g_ptr_array_add(reading->traces, reading->trace);
    reading->objects = object_names_new(reading->names, reading->sources);
    reading->trace->scenario =
        take_text(reading, json_line_string(line, "scenario"));
    reading->trace->seed = (uint64_t)json_line_number(line, "seed", 0);
    reading->trace->budget = json_line_int(line, "budget", 0);
}

static void read_line(struct reading *reading, JsonObject *line) {
    const char *type = json_line_string(line, "type");
    if (type == NULL)
        return;
    if (g_str_equal(type, "run"))
        begin_group(reading, line);
    else if (reading->trace == NULL || reading->trace->finished)
        return;
    else if (g_str_equal(type, "thread"))
        read_thread(reading, line);
    else if (g_str_equal(type, "event"))
        read_event(reading, line);
    else if (g_str_equal(type, "held"))
        read_held(reading, line);
    else if (g_str_equal(type, "waiting"))
        read_waiting(reading, line);
    else if (g_str_equal(type, "result"))
        read_result(reading, line);
    else
        read_facts(reading, line, type);
}

GPtrArray *explored_read(const char *text, struct debug_names *names,
                         GHashTable *sources) {
    struct reading reading = {
        .names = names,
        .sources = sources,
        .traces = g_ptr_array_new_with_free_func((GDestroyNotify)trace_free),
        .pending = g_array_new(FALSE, FALSE, sizeof(struct pending)),
    };
    g_autoptr(JsonParser) parser = json_parser_new();
    g_auto(GStrv) lines = text_lines(text);
    for (char **line = lines; *line != NULL; line++) {
        JsonObject *object =
            **line == '{' ? json_line_parse(parser, *line) : NULL;
        if (object != NULL)
            read_line(&reading, object);
    }
    end_group(&reading);
    g_array_unref(reading.pending);
    return reading.traces;
}
