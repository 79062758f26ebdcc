// SPDX-License-Identifier: MIT
#include "report/moment.h"

#include "report/story_words.h"

static const struct trace_event *event_of(const struct trace *trace, guint i) {
    return trace->events->pdata[i];
}

// The last event of THREAD before, or the first at or after, COUNT.
static const struct trace_event *last_of(const struct trace *trace, int thread,
                                         guint count) {
    for (guint i = count; i-- > 0;)
        if (event_of(trace, i)->thread == thread)
            return event_of(trace, i);
    return NULL;
}

static const struct trace_event *next_of(const struct trace *trace, int thread,
                                         guint count) {
    for (guint i = count; i < trace->events->len; i++)
        if (event_of(trace, i)->thread == thread)
            return event_of(trace, i);
    return NULL;
}

static const struct trace_waiting *waits_at_end(const struct trace *trace,
                                                int thread) {
    for (guint i = 0; i < trace->waiting->len; i++) {
        const struct trace_waiting *waiting = trace->waiting->pdata[i];
        if (waiting->thread == thread)
            return waiting;
    }
    return NULL;
}

// What it waits for just now, or NULL.
static char *waits_for(const struct trace *trace, int thread, guint count) {
    const struct trace_event *next = next_of(trace, thread, count);
    const struct trace_waiting *waiting = waits_at_end(trace, thread);
    if (next == NULL)
        return waiting == NULL ? NULL : story_waits(trace, waiting);
    if (next->op == TRACE_WOKEN)
        return g_strdup_printf("sleeps on %s",
                               next->object != NULL ? next->object : "?");
    if (!next->blocked)
        return NULL;
    const struct trace_waiting same = {.thread = thread,
                                       .op = next->op,
                                       .object = next->object,
                                       .other = next->other};
    return story_waits(trace, &same);
}

static bool is_created(const struct trace *trace, int thread, guint count) {
    const struct trace_thread *known = trace_thread(trace, thread);
    if (known == NULL || known->created < 0 || count == 0)
        return known == NULL || known->created < 0;
    return event_of(trace, count - 1)->step >= known->created;
}

char *moment_of(const struct trace *trace, int thread, guint count) {
    const struct trace_event *last = last_of(trace, thread, count);
    if (last == NULL && !is_created(trace, thread, count))
        return g_strdup("not yet created");
    int step =
        count < trace->events->len ? event_of(trace, count)->step : G_MAXINT;
    g_autofree char *locks = story_locks(trace, thread, step);
    g_autofree char *waits = waits_for(trace, thread, count);
    GString *text = g_string_new(NULL);
    if (last != NULL && last->op == TRACE_END)
        g_string_append(text, "has ended");
    else if (waits != NULL)
        g_string_append(text, waits);
    else if (last == NULL)
        g_string_append(text, "about to start");
    else
        g_string_append(text, "runs");
    if (!g_str_equal(locks, "no lock"))
        g_string_append_printf(text, ", holds %s", locks);
    return g_string_free(text, FALSE);
}
