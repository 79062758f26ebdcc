// SPDX-License-Identifier: MIT
#include "report/story_words.h"

#include <string.h>

// --- Places ------------------------------------------------------------------

bool story_has_files(const struct trace *trace) {
    const char *first = NULL;
    for (guint i = 0; i < trace->events->len; i++) {
        const struct trace_event *event = trace->events->pdata[i];
        struct trace_frame place = trace_stack_place(&event->stack);
        if (first == NULL)
            first = place.file;
        else if (place.file != NULL && place.file != first)
            return true;
    }
    return false;
}

char *story_place(const struct trace *trace, const struct trace_frame *frame) {
    if (frame->line <= 0)
        return g_strdup("an unknown line");
    if (!story_has_files(trace))
        return g_strdup_printf("line %d", frame->line);
    g_autofree char *base = g_path_get_basename(frame->file);
    return g_strdup_printf("%s:%d", base, frame->line);
}

char *story_step_place(const struct trace *trace, int step) {
    const struct trace_event *event = trace_event_at(trace, step);
    struct trace_frame place = {0};
    if (event != NULL)
        place = trace_stack_place(&event->stack);
    return place.line > 0 ? story_place(trace, &place) : g_strdup("");
}

// --- Locks -------------------------------------------------------------------

static bool took_it(const struct trace_event *event) {
    return trace_op_takes(event->op) && event->result == 0;
}

char *story_locks(const struct trace *trace, int thread, int step) {
    g_autoptr(GPtrArray) held = g_ptr_array_new();
    for (guint i = 0; i < trace->events->len; i++) {
        const struct trace_event *event = trace->events->pdata[i];
        if (event->step >= step)
            break;
        if (event->thread != thread || event->object == NULL)
            continue;
        if (took_it(event))
            g_ptr_array_add(held, (char *)event->object);
        else if (trace_op_gives(event->op))
            g_ptr_array_remove(held, (char *)event->object);
    }
    if (held->len == 0)
        return g_strdup("no lock");
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < held->len; i++)
        g_string_append_printf(text, "%s`%s`",
                               i == 0               ? ""
                               : i + 1 == held->len ? " and "
                                                    : ", ",
                               (const char *)held->pdata[i]);
    return g_string_free(text, FALSE);
}

// --- One step ----------------------------------------------------------------

struct verb {
    const char *plain;  // before the object's name
    const char *failed; // the same when it returned an error; NULL: plain
};

static const struct verb verbs[TRACE_OP_COUNT] = {
    [TRACE_READ] = {"reads", NULL},
    [TRACE_WRITE] = {"writes", NULL},
    [TRACE_UPDATE] = {"writes", NULL},
    [TRACE_ATOMIC_LOAD] = {"reads", NULL},
    [TRACE_ATOMIC_STORE] = {"writes", NULL},
    [TRACE_ATOMIC_UPDATE] = {"changes", NULL},
    [TRACE_FENCE] = {"fence", NULL},
    [TRACE_CREATE] = {"creates", "cannot create"},
    [TRACE_START] = {"starts", NULL},
    [TRACE_END] = {"ends", NULL},
    [TRACE_JOIN] = {"joins", "cannot join"},
    [TRACE_DETACH] = {"detaches", NULL},
    [TRACE_CANCEL] = {"cancels", NULL},
    [TRACE_EXIT] = {"exits the process", NULL},
    [TRACE_LOCK] = {"locks", "cannot lock"},
    [TRACE_TRYLOCK] = {"locks (try)", "finds locked:"},
    [TRACE_UNLOCK] = {"unlocks", "cannot unlock"},
    [TRACE_RDLOCK] = {"read-locks", "cannot read-lock"},
    [TRACE_WRLOCK] = {"write-locks", "cannot write-lock"},
    [TRACE_RWUNLOCK] = {"unlocks", "cannot unlock"},
    [TRACE_SPIN_LOCK] = {"spin-locks", "finds locked:"},
    [TRACE_SPIN_UNLOCK] = {"unlocks", NULL},
    [TRACE_WAIT] = {"begins to wait on", NULL},
    [TRACE_WOKEN] = {"wakes up from", NULL},
    [TRACE_SIGNAL] = {"signals", NULL},
    [TRACE_BROADCAST] = {"broadcasts", NULL},
    [TRACE_SEM_WAIT] = {"sem_wait", "sem_wait fails:"},
    [TRACE_SEM_POST] = {"sem_post", NULL},
    [TRACE_BARRIER] = {"at barrier", NULL},
    [TRACE_ONCE] = {"once", NULL},
    [TRACE_MALLOC] = {"allocates", NULL},
    [TRACE_FREE] = {"frees", NULL},
    [TRACE_YIELD] = {"yields", NULL},
    [TRACE_SLEEP] = {"sleeps", NULL},
    [TRACE_IO_READ] = {"reads from", NULL},
    [TRACE_IO_WRITE] = {"writes to", NULL},
    [TRACE_IO_WAIT] = {"polls", NULL},
    [TRACE_INIT] = {"initialises", NULL},
    [TRACE_DESTROY] = {"destroys", NULL},
    [TRACE_FAIL] = {"FAILS", NULL},
    [TRACE_OTHER] = {"goes on", NULL},
};

static bool names_no_object(enum trace_op op) {
    return op == TRACE_FAIL || op == TRACE_START || op == TRACE_END ||
           op == TRACE_EXIT || op == TRACE_YIELD || op == TRACE_SLEEP ||
           op == TRACE_OTHER;
}

static void append_values(GString *text, const struct trace_event *event) {
    bool known = event->value != NULL && event->value[0] != '\0';
    if (!known || !(trace_op_reads(event->op) || trace_op_writes(event->op)))
        return;
    if (event->op == TRACE_ATOMIC_UPDATE && event->before != NULL)
        g_string_append_printf(text, ": %s to %s", event->before, event->value);
    else
        g_string_append_printf(text, " = %s", event->value);
    if (g_strcmp0(event->order, "relaxed") == 0)
        g_string_append(text, " (relaxed)");
}

static void append_note(GString *text, const struct trace *trace,
                        const struct trace_event *event) {
    const char *note = event->note;
    if (note == NULL)
        return;
    if (g_str_equal(note, "lost"))
        g_string_append(text, ": nobody waits");
    else if (g_str_equal(note, "stale"))
        g_string_append(text, ", an older value");
    else if (g_str_equal(note, "spurious"))
        g_string_append(text, ", though not signalled");
    else if (g_str_equal(note, "timeout"))
        g_string_append(text, ", timed out");
    else if (g_str_equal(note, "early"))
        g_string_append(text, ", time passes");
    else if (g_str_has_prefix(note, "woken "))
        g_string_append_printf(text, ": wakes %s",
                               trace_thread_name(trace, atoi(note + 6)));
}

char *story_step(const struct trace *trace, const struct trace_event *event) {
    const struct verb *verb = &verbs[event->op];
    bool failed = event->result != 0 && verb->failed != NULL;
    GString *text = g_string_new(failed ? verb->failed : verb->plain);
    bool on_thread = event->op == TRACE_CREATE || event->op == TRACE_JOIN ||
                     event->op == TRACE_DETACH || event->op == TRACE_CANCEL;
    if (on_thread && event->other >= 0)
        g_string_append_printf(text, " %s",
                               trace_thread_name(trace, event->other));
    else if (event->op == TRACE_FENCE && event->order != NULL)
        g_string_append_printf(text, " (%s)", event->order);
    else if (!names_no_object(event->op) && event->object != NULL)
        g_string_append_printf(text, " %s", event->object);
    append_values(text, event);
    append_note(text, trace, event);
    return g_string_free(text, FALSE);
}

char *story_waits(const struct trace *trace,
                  const struct trace_waiting *waiting) {
    if (waiting->op == TRACE_JOIN)
        return g_strdup_printf("waits for %s to end",
                               waiting->other >= 0
                                   ? trace_thread_name(trace, waiting->other)
                                   : "a thread");
    const char *name =
        waiting->object != NULL ? waiting->object : "what never comes";
    if (waiting->op == TRACE_WAIT || waiting->op == TRACE_WOKEN)
        return g_strdup_printf("sleeps on %s", name);
    return g_strdup_printf("waits for %s", name);
}

// --- What was out of date ----------------------------------------------------

static const struct trace_event *event_of(const struct trace *trace, guint i) {
    return trace->events->pdata[i];
}

const struct trace_event *story_write_between(const struct trace *trace,
                                              const char *object, int thread,
                                              guint from, guint to) {
    for (guint i = to; i-- > from;) {
        const struct trace_event *event = event_of(trace, i);
        if (event->thread != thread && event->object == object &&
            trace_op_writes(event->op))
            return event;
    }
    return NULL;
}

const struct trace_event *story_stale_read(const struct trace *trace,
                                           const struct trace_event **write) {
    enum { BACK_MOST = 8 };
    for (guint i = trace->events->len; i-- > 0;) {
        const struct trace_event *resumed = event_of(trace, i);
        int seen = 0;
        if (!resumed->preempted && !resumed->blocked)
            continue;
        for (guint k = i; k-- > 0 && seen < BACK_MOST;) {
            const struct trace_event *read = event_of(trace, k);
            if (read->thread != resumed->thread)
                continue;
            seen++;
            if (!trace_op_reads(read->op) || read->object == NULL ||
                trace_op_writes(read->op))
                continue;
            *write = story_write_between(trace, read->object, read->thread,
                                         k + 1, i);
            if (*write != NULL)
                return read;
        }
    }
    return NULL;
}
