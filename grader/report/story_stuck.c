// SPDX-License-Identifier: MIT
#include "report/story_stuck.h"

#include <stdlib.h>
#include <string.h>

#include "report/story_words.h"

static const struct trace_event *event_of(const struct trace *trace, guint i) {
    return trace->events->pdata[i];
}

// --- The point of no return --------------------------------------------------

// When the thread that waits got into its last wait.
static const struct trace_event *wait_of(const struct trace *trace,
                                         const struct trace_waiting *waiting) {
    for (guint i = trace->events->len; i-- > 0;) {
        const struct trace_event *event = event_of(trace, i);
        if (event->thread == waiting->thread && event->op == TRACE_WAIT &&
            (waiting->object == NULL || event->object == waiting->object))
            return event;
    }
    return NULL;
}

static int last_lost_signal(const struct trace *trace) {
    for (guint i = trace->events->len; i-- > 0;) {
        const struct trace_event *event = event_of(trace, i);
        if (g_strcmp0(event->note, "lost") != 0)
            continue;
        for (guint w = 0; w < trace->waiting->len; w++) {
            const struct trace_waiting *waiting = trace->waiting->pdata[w];
            if (waiting->object == event->object)
                return event->step;
        }
    }
    return -1;
}

int story_point_of_no_return(const struct trace *trace) {
    int step = -1;
    if (g_strcmp0(trace->kind, "lost-wakeup") == 0)
        return last_lost_signal(trace);
    if (g_strcmp0(trace->kind, "deadlock") != 0)
        return trace->memory != NULL ? trace->freed : -1;
    for (guint w = 0; w < trace->waiting->len; w++) {
        const struct trace_waiting *waiting = trace->waiting->pdata[w];
        for (guint h = 0; h < trace->held->len; h++) {
            const struct trace_held *held = trace->held->pdata[h];
            if (held->object == waiting->object && held->object != NULL)
                step = MAX(step, held->step);
        }
    }
    return step;
}

// --- The end: deadlocks and lost wake-ups ------------------------------------

static const struct trace_held *held_by(const struct trace *trace,
                                        const char *object, int thread) {
    for (guint i = 0; i < trace->held->len; i++) {
        const struct trace_held *held = trace->held->pdata[i];
        if (held->object == object && held->thread == thread)
            return held;
    }
    return NULL;
}

bool story_has_ended(const struct trace *trace, int thread) {
    for (guint i = 0; i < trace->events->len; i++) {
        const struct trace_event *event = event_of(trace, i);
        if (event->thread == thread && event->op == TRACE_END)
            return true;
    }
    return false;
}

static void append_holder(GString *text, const struct trace *trace,
                          const struct trace_waiting *waiting, int holder) {
    const struct trace_held *held = held_by(trace, waiting->object, holder);
    g_autofree char *place =
        story_step_place(trace, held != NULL ? held->step : -1);
    g_autofree char *since =
        place[0] != '\0' ? g_strdup_printf(" since %s", place) : g_strdup("");
    if (holder == waiting->thread)
        g_string_append_printf(text, ", which it holds itself%s", since);
    else
        g_string_append_printf(
            text, ", held by %s%s%s", trace_thread_name(trace, holder), since,
            story_has_ended(trace, holder) ? ", which has ended" : "");
}

static void append_waiting(GString *text, const struct trace *trace,
                           const struct trace_waiting *waiting) {
    struct trace_frame frame = trace_stack_place(&waiting->stack);
    g_autofree char *place = story_place(trace, &frame);
    const char *name = trace_thread_name(trace, waiting->thread);
    const char *object = waiting->object != NULL ? waiting->object : "?";
    bool first = text->len == 0;
    g_string_append_printf(text, "%s%s ", first ? "" : "; ", name);
    if (waiting->op == TRACE_JOIN)
        g_string_append_printf(text, "waits for %s to end",
                               waiting->other >= 0
                                   ? trace_thread_name(trace, waiting->other)
                                   : "a thread");
    else if (waiting->op == TRACE_WAIT || waiting->op == TRACE_WOKEN)
        g_string_append_printf(text, "sleeps on `%s`", object);
    else if (waiting->op == TRACE_SEM_WAIT)
        g_string_append_printf(text, "waits for a post of `%s`", object);
    else if (waiting->op == TRACE_BARRIER)
        g_string_append_printf(text, "waits at the barrier `%s`", object);
    else
        g_string_append_printf(text, "waits for `%s`", object);
    g_string_append_printf(text, " (%s)", place);
    for (guint i = 0; i < waiting->holders->len; i++)
        append_holder(text, trace, waiting,
                      g_array_index(waiting->holders, int, i));
}

// All who wait; main, if it merely waits for the others to end, does not count.
static guint append_all_waiting(GString *text, const struct trace *trace) {
    guint told = 0;
    for (int joins = 0; joins < 2; joins++) {
        if (joins == 1 && told > 0)
            break;
        for (guint i = 0; i < trace->waiting->len && told < 4; i++) {
            const struct trace_waiting *waiting = trace->waiting->pdata[i];
            if ((waiting->op == TRACE_JOIN) != (joins == 1))
                continue;
            append_waiting(text, trace, waiting);
            told++;
        }
    }
    return told;
}

static bool any_waits_with(const struct trace *trace, enum trace_op op) {
    for (guint i = 0; i < trace->waiting->len; i++) {
        const struct trace_waiting *waiting = trace->waiting->pdata[i];
        if (waiting->op == op)
            return true;
    }
    return false;
}

char *story_deadlock(const struct trace *trace) {
    GString *text = g_string_new(NULL);
    guint told = append_all_waiting(text, trace);
    g_string_append(text, told == 1   ? ": it can never go on."
                          : told == 2 ? ": neither can ever go on."
                                      : ": none of them can ever go on.");
    if (any_waits_with(trace, TRACE_SEM_WAIT))
        g_string_append(text, " Nobody is left who could post.");
    if (any_waits_with(trace, TRACE_BARRIER))
        g_string_append(text, " Those who are missing at the barrier will "
                              "never come.");
    return g_string_free(text, FALSE);
}

// The last read of the waiter before it began to wait, of something that
// another thread wrote after that; NULL: none.
static const struct trace_event *
tested_too_early(const struct trace *trace, const struct trace_event *wait,
                 const struct trace_event **write) {
    for (guint i = trace->events->len; i-- > 0;) {
        const struct trace_event *read = event_of(trace, i);
        if (read->step >= wait->step || read->thread != wait->thread ||
            !trace_op_reads(read->op) || read->object == NULL)
            continue;
        *write = story_write_between(trace, read->object, read->thread, i + 1,
                                     trace->events->len);
        if (*write != NULL && (*write)->step < wait->step &&
            (*write)->value != read->value)
            return read;
    }
    return NULL;
}

static void append_tested(GString *text, const struct trace *trace,
                          const struct trace_event *wait) {
    const struct trace_event *write = NULL;
    const struct trace_event *read = tested_too_early(trace, wait, &write);
    if (read == NULL || last_lost_signal(trace) < write->step)
        return;
    g_autofree char *read_at = story_step_place(trace, read->step);
    g_autofree char *write_at = story_step_place(trace, write->step);
    g_string_append_printf(
        text, " %s had tested `%s` (%s, read %s) before %s set it to %s (%s).",
        trace_thread_name(trace, read->thread), read->object, read_at,
        read->value != NULL ? read->value : "?",
        trace_thread_name(trace, write->thread),
        write->value != NULL ? write->value : "?", write_at);
}

static const struct trace_waiting *sleeper(const struct trace *trace) {
    const struct trace_waiting *found = NULL;
    for (guint i = 0; i < trace->waiting->len; i++) {
        const struct trace_waiting *waiting = trace->waiting->pdata[i];
        if (waiting->op == TRACE_WAIT || waiting->op == TRACE_WOKEN)
            return waiting;
        if (found == NULL || found->op == TRACE_JOIN)
            found = waiting;
    }
    return found;
}

// The last signal on OBJECT that woke somebody else.
static const struct trace_event *other_signal(const struct trace *trace,
                                              const char *object) {
    for (guint i = trace->events->len; i-- > 0;) {
        const struct trace_event *event = event_of(trace, i);
        if ((event->op == TRACE_SIGNAL || event->op == TRACE_BROADCAST) &&
            event->object == object)
            return event;
    }
    return NULL;
}

// Whom the signal woke, and if that one went back to sleep.
static void append_woken_instead(GString *text, const struct trace *trace,
                                 const struct trace_event *signal) {
    if (signal->note == NULL || !g_str_has_prefix(signal->note, "woken ")) {
        g_string_append_c(text, '.');
        return;
    }
    int woken = atoi(signal->note + strlen("woken "));
    g_string_append_printf(text, ", which woke %s",
                           trace_thread_name(trace, woken));
    for (guint i = trace->events->len; i-- > 0;) {
        const struct trace_event *event = event_of(trace, i);
        if (event->step <= signal->step)
            break;
        if (event->thread != woken || event->op != TRACE_WAIT ||
            event->object != signal->object)
            continue;
        g_autofree char *place = story_step_place(trace, event->step);
        g_string_append_printf(text, ", and that went back to sleep (%s)",
                               place);
        break;
    }
    g_string_append_c(text, '.');
}

static void append_signal(GString *text, const struct trace *trace,
                          const struct trace_waiting *waiting,
                          const struct trace_event *wait) {
    const struct trace_event *lost =
        trace_event_at(trace, last_lost_signal(trace));
    const struct trace_event *other = other_signal(trace, waiting->object);
    const char *name = trace_thread_name(trace, waiting->thread);
    g_autofree char *place =
        story_step_place(trace, lost != NULL    ? lost->step
                                : other != NULL ? other->step
                                                : -1);
    if (lost != NULL && wait != NULL && lost->step < wait->step) {
        g_autofree char *wait_at = story_step_place(trace, wait->step);
        g_string_append_printf(
            text,
            "%s signals `%s` (%s) when nobody waits for it, so the signal is "
            "lost. Only then does %s begin to wait (%s), and nobody is left "
            "to wake it.",
            trace_thread_name(trace, lost->thread), lost->object, place, name,
            wait_at);
    } else if (other != NULL) {
        g_string_append_printf(
            text,
            "%s sleeps on `%s`, and nobody is left to wake it: the last signal "
            "was that of %s (%s)",
            name, waiting->object, trace_thread_name(trace, other->thread),
            place);
        append_woken_instead(text, trace, other);
    } else {
        g_string_append_printf(
            text, "%s sleeps on `%s`, and nobody ever signals it.", name,
            waiting->object != NULL ? waiting->object : "?");
    }
}

char *story_lost_wakeup(const struct trace *trace) {
    const struct trace_waiting *waiting = sleeper(trace);
    if (waiting == NULL)
        return g_strdup("A thread sleeps, and nobody is left to wake it.");
    GString *text = g_string_new(NULL);
    const struct trace_event *wait = wait_of(trace, waiting);
    append_signal(text, trace, waiting, wait);
    if (wait != NULL)
        append_tested(text, trace, wait);
    return g_string_free(text, FALSE);
}
