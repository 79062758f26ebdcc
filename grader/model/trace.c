// SPDX-License-Identifier: MIT
#include "model/trace.h"

static const char *const op_names[TRACE_OP_COUNT] = {
    [TRACE_READ] = "read",
    [TRACE_WRITE] = "write",
    [TRACE_UPDATE] = "update",
    [TRACE_ATOMIC_LOAD] = "atomic-load",
    [TRACE_ATOMIC_STORE] = "atomic-store",
    [TRACE_ATOMIC_UPDATE] = "atomic-update",
    [TRACE_FENCE] = "fence",
    [TRACE_CREATE] = "create",
    [TRACE_START] = "start",
    [TRACE_END] = "end",
    [TRACE_JOIN] = "join",
    [TRACE_DETACH] = "detach",
    [TRACE_CANCEL] = "cancel",
    [TRACE_EXIT] = "exit",
    [TRACE_LOCK] = "lock",
    [TRACE_TRYLOCK] = "trylock",
    [TRACE_UNLOCK] = "unlock",
    [TRACE_RDLOCK] = "rdlock",
    [TRACE_WRLOCK] = "wrlock",
    [TRACE_RWUNLOCK] = "rwunlock",
    [TRACE_SPIN_LOCK] = "spin-lock",
    [TRACE_SPIN_UNLOCK] = "spin-unlock",
    [TRACE_WAIT] = "wait",
    [TRACE_WOKEN] = "woken",
    [TRACE_SIGNAL] = "signal",
    [TRACE_BROADCAST] = "broadcast",
    [TRACE_SEM_WAIT] = "sem-wait",
    [TRACE_SEM_POST] = "sem-post",
    [TRACE_BARRIER] = "barrier",
    [TRACE_ONCE] = "once",
    [TRACE_MALLOC] = "malloc",
    [TRACE_FREE] = "free",
    [TRACE_YIELD] = "yield",
    [TRACE_SLEEP] = "sleep",
    [TRACE_IO_READ] = "io-read",
    [TRACE_IO_WRITE] = "io-write",
    [TRACE_IO_WAIT] = "io-wait",
    [TRACE_INIT] = "init",
    [TRACE_DESTROY] = "destroy",
    [TRACE_FAIL] = "fail",
    [TRACE_OTHER] = "other",
};

// --- Life --------------------------------------------------------------------

static void event_free(struct trace_event *event) {
    g_free(event->stack.frames);
    g_free(event);
}

static void waiting_free(struct trace_waiting *waiting) {
    g_array_unref(waiting->holders);
    g_free(waiting->stack.frames);
    g_free(waiting);
}

struct trace *trace_new(void) {
    struct trace *trace = g_new0(struct trace, 1);
    trace->strings = g_string_chunk_new(4096);
    trace->message = trace_text(trace, "");
    trace->preemptions = -1;
    trace->race_first = trace->race_second = -1;
    trace->allocated = trace->freed = trace->used = -1;
    trace->misuse_step = -1;
    trace->uncontrolled = g_ptr_array_new();
    trace->threads = g_ptr_array_new_with_free_func(g_free);
    trace->objects = g_ptr_array_new_with_free_func(g_free);
    trace->events = g_ptr_array_new_with_free_func((GDestroyNotify)event_free);
    trace->held = g_ptr_array_new_with_free_func(g_free);
    trace->waiting =
        g_ptr_array_new_with_free_func((GDestroyNotify)waiting_free);
    trace->sources = g_ptr_array_new_with_free_func(g_free);
    return trace;
}

void trace_free(struct trace *trace) {
    if (trace == NULL)
        return;
    g_ptr_array_unref(trace->uncontrolled);
    g_ptr_array_unref(trace->threads);
    g_ptr_array_unref(trace->objects);
    g_ptr_array_unref(trace->events);
    g_ptr_array_unref(trace->held);
    g_ptr_array_unref(trace->waiting);
    g_ptr_array_unref(trace->sources);
    g_string_chunk_free(trace->strings);
    g_free(trace);
}

const char *trace_text(struct trace *trace, const char *text) {
    return text == NULL ? NULL
                        : g_string_chunk_insert_const(trace->strings, text);
}

// --- Adding ------------------------------------------------------------------

struct trace_thread *trace_add_thread(struct trace *trace, int id) {
    struct trace_thread *thread = g_new0(struct trace_thread, 1);
    thread->id = id;
    thread->parent = thread->created = -1;
    g_autofree char *name =
        id == 0 ? g_strdup("main") : g_strdup_printf("T%d", id);
    thread->name = trace_text(trace, name);
    g_ptr_array_add(trace->threads, thread);
    return thread;
}

struct trace_event *trace_add_event(struct trace *trace, int step) {
    struct trace_event *event = g_new0(struct trace_event, 1);
    event->step = step;
    event->other = -1;
    event->op = TRACE_OTHER;
    g_ptr_array_add(trace->events, event);
    return event;
}

struct trace_waiting *trace_add_waiting(struct trace *trace, int thread) {
    struct trace_waiting *waiting = g_new0(struct trace_waiting, 1);
    waiting->thread = thread;
    waiting->other = -1;
    waiting->op = TRACE_OTHER;
    waiting->holders = g_array_new(FALSE, FALSE, sizeof(int));
    g_ptr_array_add(trace->waiting, waiting);
    return waiting;
}

struct trace_held *trace_add_held(struct trace *trace, int thread) {
    struct trace_held *held = g_new0(struct trace_held, 1);
    held->thread = thread;
    held->op = TRACE_OTHER;
    held->step = -1;
    g_ptr_array_add(trace->held, held);
    return held;
}

void trace_add_object(struct trace *trace, const char *name,
                      const char *about) {
    if (trace_object(trace, name) != NULL)
        return;
    struct trace_object *object = g_new0(struct trace_object, 1);
    object->name = trace_text(trace, name);
    object->about = trace_text(trace, about);
    g_ptr_array_add(trace->objects, object);
}

static gint compare_sources(gconstpointer a, gconstpointer b) {
    const struct trace_source *left = *(struct trace_source *const *)a;
    const struct trace_source *right = *(struct trace_source *const *)b;
    int files = g_strcmp0(left->file, right->file);
    return files != 0 ? files : left->line - right->line;
}

void trace_add_source(struct trace *trace, const char *file, int line,
                      const char *text) {
    if (trace_line(trace, file, line) != NULL)
        return;
    struct trace_source *source = g_new0(struct trace_source, 1);
    source->file = trace_text(trace, file);
    source->line = line;
    source->text = trace_text(trace, text);
    g_ptr_array_add(trace->sources, source);
    g_ptr_array_sort(trace->sources, compare_sources);
}

// --- Finding -----------------------------------------------------------------

const struct trace_thread *trace_thread(const struct trace *trace, int id) {
    for (guint i = 0; i < trace->threads->len; i++) {
        const struct trace_thread *thread = trace->threads->pdata[i];
        if (thread->id == id)
            return thread;
    }
    return NULL;
}

const struct trace_event *trace_event_at(const struct trace *trace, int step) {
    guint low = 0;
    guint high = trace->events->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        const struct trace_event *event = trace->events->pdata[middle];
        if (event->step == step)
            return event;
        if (event->step < step)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct trace_object *trace_object(const struct trace *trace,
                                        const char *name) {
    for (guint i = 0; name != NULL && i < trace->objects->len; i++) {
        const struct trace_object *object = trace->objects->pdata[i];
        if (g_str_equal(object->name, name))
            return object;
    }
    return NULL;
}

const char *trace_line(const struct trace *trace, const char *file, int line) {
    const struct trace_source wanted = {.file = file, .line = line};
    const struct trace_source *key = &wanted;
    guint low = 0;
    guint high = trace->sources->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        int order = compare_sources(&trace->sources->pdata[middle], &key);
        if (order == 0)
            return ((struct trace_source *)trace->sources->pdata[middle])->text;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const char *trace_thread_name(const struct trace *trace, int id) {
    const struct trace_thread *thread = trace_thread(trace, id);
    return thread == NULL ? "T?" : thread->name;
}

struct trace_frame trace_stack_place(const struct trace_stack *stack) {
    for (guint i = 0; i < stack->count; i++)
        if (stack->frames[i].file != NULL && stack->frames[i].line > 0)
            return stack->frames[i];
    return (struct trace_frame){0};
}

// --- Operations --------------------------------------------------------------

const char *trace_op_name(enum trace_op op) {
    return op_names[op];
}

enum trace_op trace_op_from_name(const char *name) {
    for (int i = 0; name != NULL && i < TRACE_OP_COUNT; i++)
        if (g_str_equal(op_names[i], name))
            return (enum trace_op)i;
    return TRACE_OTHER;
}

bool trace_op_takes(enum trace_op op) {
    return op == TRACE_LOCK || op == TRACE_TRYLOCK || op == TRACE_RDLOCK ||
           op == TRACE_WRLOCK || op == TRACE_SPIN_LOCK;
}

bool trace_op_gives(enum trace_op op) {
    return op == TRACE_UNLOCK || op == TRACE_RWUNLOCK ||
           op == TRACE_SPIN_UNLOCK;
}

bool trace_op_reads(enum trace_op op) {
    return op == TRACE_READ || op == TRACE_UPDATE || op == TRACE_ATOMIC_LOAD ||
           op == TRACE_ATOMIC_UPDATE;
}

bool trace_op_writes(enum trace_op op) {
    return op == TRACE_WRITE || op == TRACE_UPDATE ||
           op == TRACE_ATOMIC_STORE || op == TRACE_ATOMIC_UPDATE;
}
