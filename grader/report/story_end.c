// SPDX-License-Identifier: MIT
#include "report/story_end.h"

#include "report/story_stuck.h"
#include "report/story_words.h"

static const struct trace_event *event_of(const struct trace *trace, guint i) {
    return trace->events->pdata[i];
}

// --- Races, memory, misuse
// -----------------------------------------------------

// NAME stands in where the step does not say what memory it uses.
static void append_access(GString *text, const struct trace *trace,
                          const struct trace_event *event, const char *name) {
    g_autofree char *place = story_step_place(trace, event->step);
    if (event->op == TRACE_CREATE) {
        g_string_append_printf(text,
                               "%s creates %s (%s), which stores its handle in "
                               "`%s`,",
                               trace_thread_name(trace, event->thread),
                               trace_thread_name(trace, event->other), place,
                               name);
        return;
    }
    g_autofree char *locks = story_locks(trace, event->thread, event->step);
    const char *verb = trace_op_writes(event->op)   ? "writes"
                       : event->op == TRACE_FREE    ? "frees"
                       : event->op == TRACE_MALLOC  ? "allocates"
                       : event->op == TRACE_DESTROY ? "destroys"
                                                    : "reads";
    g_string_append_printf(text, "%s %s `%s` (%s, holding %s)",
                           trace_thread_name(trace, event->thread), verb,
                           event->object != NULL ? event->object : name, place,
                           locks);
}

static char *end_race(const struct trace *trace) {
    const struct trace_event *first = trace_event_at(trace, trace->race_first);
    const struct trace_event *second =
        trace_event_at(trace, trace->race_second);
    if (first == NULL || second == NULL)
        return g_strdup("Two threads use the same memory, one of them writes, "
                        "and nothing orders the two.");
    GString *text = g_string_new(NULL);
    append_access(text, trace, first,
                  second->object != NULL ? second->object : "memory");
    g_string_append(text, " and ");
    append_access(text, trace, second,
                  first->object != NULL ? first->object : "memory");
    g_string_append(text, ". No lock that both hold, and nothing else, orders "
                          "the two: either may come first, or both at once.");
    return g_string_free(text, FALSE);
}

static void append_done(GString *text, const struct trace *trace, int step,
                        const char *before, const char *verb) {
    const struct trace_event *event = trace_event_at(trace, step);
    if (event == NULL)
        return;
    g_autofree char *place = story_step_place(trace, step);
    g_string_append_printf(text, "%s%s by %s (%s)", before, verb,
                           trace_thread_name(trace, event->thread), place);
}

static char *end_memory(const struct trace *trace) {
    const struct trace_event *used = trace_event_at(trace, trace->used);
    const struct trace_event *freed = trace_event_at(trace, trace->freed);
    const struct trace_event *made = trace_event_at(trace, trace->allocated);
    const struct trace_event *one = made != NULL    ? made
                                    : freed != NULL ? freed
                                                    : used;
    const char *object =
        one != NULL && one->object != NULL ? one->object : "the block";
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "`%s`", object);
    append_done(text, trace, trace->allocated, " was ", "allocated");
    append_done(text, trace, trace->freed,
                trace->allocated >= 0 ? ", " : " was ", "freed");
    bool again = g_str_equal(trace->memory, "double-free");
    bool beyond = g_str_equal(trace->memory, "overflow");
    append_done(text, trace, trace->used, ", and ",
                again    ? "then freed again"
                : beyond ? "overrun"
                : used != NULL && trace_op_writes(used->op)
                    ? "then still written to"
                    : "then still used");
    if (used != NULL && used->object != NULL && used->object != object)
        g_string_append_printf(text, " as `%s`", used->object);
    g_string_append_c(text, '.');
    return g_string_free(text, FALSE);
}

// Who has OBJECT just before STEP: the step that took it. NULL: nobody.
static const struct trace_event *taken_by(const struct trace *trace,
                                          const char *object, int step) {
    const struct trace_event *taken = NULL;
    for (guint i = 0; i < trace->events->len; i++) {
        const struct trace_event *event = event_of(trace, i);
        if (event->step >= step)
            break;
        if (event->object != object)
            continue;
        if (trace_op_takes(event->op) && event->result == 0)
            taken = event;
        else if (trace_op_gives(event->op))
            taken = NULL;
    }
    return taken;
}

static const char *misused_object(const struct trace *trace,
                                  const struct trace_event *event) {
    if (event != NULL && event->object != NULL)
        return event->object;
    for (guint i = trace->events->len; event != NULL && i-- > 0;) {
        const struct trace_event *lock = event_of(trace, i);
        if (lock->thread == event->thread && trace_op_takes(lock->op) &&
            lock->object != NULL &&
            taken_by(trace, lock->object, event->step) == lock)
            return lock->object;
    }
    return "?";
}

static void append_taken(GString *text, const struct trace *trace,
                         const char *object) {
    const struct trace_event *taken =
        taken_by(trace, object, trace->misuse_step);
    if (taken == NULL)
        return;
    g_autofree char *place = story_step_place(trace, taken->step);
    g_string_append_printf(text,
                           " %s locked it (%s) and has not given it "
                           "back.",
                           trace_thread_name(trace, taken->thread), place);
}

static char *end_misuse(const struct trace *trace) {
    static const char *const words[][2] = {
        {"unlock-not-owner", "unlocks `%s`, which another thread holds"},
        {"unlock-not-locked", "unlocks `%s`, which nobody holds"},
        {"destroy-locked", "destroys `%s` while it is locked"},
        {"destroy-waited", "destroys `%s` while a thread waits on it"},
        {"wait-without-mutex", "waits on `%s` without holding the mutex"},
        {"wait-two-mutexes",
         "waits on `%s` with another mutex than those who wait already"},
        {"use-destroyed", "uses `%s` after it was destroyed"},
        {"end-holding", "ends while it still holds `%s`"},
        {"join-twice", "joins a thread that has been joined already"},
        {"join-detached", "joins a thread that is detached"},
        {"join-self", "joins itself"},
    };
    const struct trace_event *event = trace_event_at(trace, trace->misuse_step);
    const char *name = misused_object(trace, event);
    GString *text = g_string_new(
        event != NULL ? trace_thread_name(trace, event->thread) : "A thread");
    g_string_append_c(text, ' ');
    gsize i = 0;
    while (i < G_N_ELEMENTS(words) && !g_str_equal(words[i][0], trace->misuse))
        i++;
    g_autoptr(GString) what =
        g_string_new(i < G_N_ELEMENTS(words) ? words[i][1] : trace->misuse);
    g_autofree char *quoted = g_strdup_printf("%s", name);
    g_string_replace(what, "%s", quoted, 0);
    g_autofree char *place = story_step_place(trace, trace->misuse_step);
    g_string_append_printf(text, "%s%s%s%s.", what->str,
                           place[0] != '\0' ? " (" : "", place,
                           place[0] != '\0' ? ")" : "");
    append_taken(text, trace, name);
    return g_string_free(text, FALSE);
}

// --- Failures, loops ---------------------------------------------------------

static void append_stale(GString *text, const struct trace *trace) {
    const struct trace_event *write = NULL;
    const struct trace_event *read = story_stale_read(trace, &write);
    if (read == NULL || read->value == write->value)
        return;
    g_autofree char *read_at = story_step_place(trace, read->step);
    g_autofree char *write_at = story_step_place(trace, write->step);
    const char *reader = trace_thread_name(trace, read->thread);
    g_string_append_printf(
        text,
        " %s read `%s`%s%s (%s); before it went on, %s wrote it%s%s (%s), so "
        "%s went on with what was true no longer.",
        reader, read->object, read->value != NULL ? " = " : "",
        read->value != NULL ? read->value : "", read_at,
        trace_thread_name(trace, write->thread),
        write->value != NULL ? " = " : "",
        write->value != NULL ? write->value : "", write_at, reader);
}

static void append_old_values(GString *text, const struct trace *trace) {
    for (guint i = 0; i < trace->events->len; i++) {
        const struct trace_event *event = event_of(trace, i);
        if (g_strcmp0(event->note, "stale") != 0)
            continue;
        g_autofree char *place = story_step_place(trace, event->step);
        g_string_append_printf(
            text,
            " %s read an older value of `%s`, %s (%s): C lets a%s%s load do "
            "that, because nothing orders it after the newer write.",
            trace_thread_name(trace, event->thread), event->object,
            event->value != NULL ? event->value : "?", place,
            event->order != NULL ? " " : "",
            event->order != NULL ? event->order : "n atomic");
        return;
    }
}

// The last two values that the failing thread read, and who had written them.
static void append_last_reads(GString *text, const struct trace *trace) {
    const struct trace_event *fail =
        trace->events->len == 0 ? NULL
                                : event_of(trace, trace->events->len - 1);
    const char *told = NULL;
    guint count = 0;
    for (guint i = trace->events->len; fail && i-- > 0 && count < 2;) {
        const struct trace_event *read = event_of(trace, i);
        if (read->thread != fail->thread || !trace_op_reads(read->op) ||
            read->object == NULL || read->object == told)
            continue;
        const struct trace_event *write =
            story_write_between(trace, read->object, -1, 0, i);
        if (write == NULL || read->value == NULL)
            continue;
        g_autofree char *place = story_step_place(trace, write->step);
        g_string_append_printf(text, " `%s` was %s then, written by %s (%s).",
                               read->object, read->value,
                               trace_thread_name(trace, write->thread), place);
        told = read->object;
        count++;
    }
}

// Woken by nobody, which POSIX allows; or by time.
static void append_woken(GString *text, const struct trace *trace) {
    for (guint i = trace->events->len; i-- > 0;) {
        const struct trace_event *event = event_of(trace, i);
        bool spurious = g_strcmp0(event->note, "spurious") == 0;
        if (!spurious && g_strcmp0(event->note, "timeout") != 0)
            continue;
        g_autofree char *place = story_step_place(trace, event->step);
        g_string_append_printf(
            text, " %s woke up from `%s` (%s) %s.",
            trace_thread_name(trace, event->thread),
            event->object != NULL ? event->object : "its wait", place,
            spurious ? "though nobody had signalled it, which POSIX allows, "
                       "and went on"
                     : "because its time was up");
        return;
    }
}

// Between the signal and the moment when the failing thread went on, another
// changed what it had waited for.
static void append_stolen(GString *text, const struct trace *trace) {
    if (trace->events->len == 0)
        return;
    const struct trace_event *fail = event_of(trace, trace->events->len - 1);
    guint woken = trace->events->len;
    guint signal = 0;
    while (woken-- > 0) {
        const struct trace_event *event = event_of(trace, woken);
        if (event->thread == fail->thread && event->op == TRACE_WOKEN)
            break;
    }
    if (woken >= trace->events->len)
        return;
    const struct trace_event *wake = event_of(trace, woken);
    for (guint i = 0; i < woken; i++) {
        const struct trace_event *event = event_of(trace, i);
        if ((event->op == TRACE_SIGNAL || event->op == TRACE_BROADCAST) &&
            event->object == wake->object)
            signal = i;
    }
    const struct trace_event *write = NULL;
    for (guint i = signal + 1; i < woken; i++) {
        const struct trace_event *event = event_of(trace, i);
        if (event->thread != fail->thread && event->op == TRACE_WRITE)
            write = event;
    }
    if (write == NULL || signal == 0)
        return;
    g_autofree char *woken_at = story_step_place(trace, wake->step);
    g_autofree char *write_at = story_step_place(trace, write->step);
    g_string_append_printf(
        text,
        " Between the signal and the moment when %s went on from `%s` (%s), %s "
        "changed `%s` to %s (%s); %s took it for granted that nothing had "
        "changed.",
        trace_thread_name(trace, fail->thread), wake->object, woken_at,
        trace_thread_name(trace, write->thread), write->object,
        write->value != NULL ? write->value : "?", write_at,
        trace_thread_name(trace, fail->thread));
}

static char *end_failure(const struct trace *trace) {
    GString *text = g_string_new(NULL);
    const struct trace_event *last =
        trace->events->len == 0 ? NULL
                                : event_of(trace, trace->events->len - 1);
    g_autofree char *place =
        last != NULL ? story_step_place(trace, last->step) : g_strdup("");
    if (last != NULL && place[0] != '\0')
        g_string_append_printf(
            text, "%s %s%s%s%s.", trace_thread_name(trace, last->thread),
            g_strcmp0(trace->kind, "crash") == 0 ? "crashes" : "fails",
            place[0] != '\0' ? " (" : "", place, place[0] != '\0' ? ")" : "");
    append_last_reads(text, trace);
    append_woken(text, trace);
    append_stolen(text, trace);
    append_stale(text, trace);
    append_old_values(text, trace);
    return g_string_free(text, FALSE);
}

static void append_loop(GString *text, const struct trace *trace, int thread) {
    const struct trace_event *read = NULL;
    for (guint i = trace->events->len; i-- > 0 && read == NULL;) {
        const struct trace_event *event = event_of(trace, i);
        if (event->thread == thread && event->object != NULL)
            read = event;
    }
    if (read == NULL)
        return;
    g_autofree char *place = story_step_place(trace, read->step);
    g_autofree char *step = story_step(trace, read);
    g_string_append_printf(text, "%s%s %s (%s)", text->len > 0 ? "; " : "",
                           trace_thread_name(trace, thread), step, place);
}

static char *end_livelock(const struct trace *trace) {
    g_autoptr(GString) loops = g_string_new(NULL);
    bool busy = g_strcmp0(trace->kind, "busy-wait") == 0;
    for (guint i = 0; i < trace->threads->len && i < 4; i++) {
        const struct trace_thread *thread = trace->threads->pdata[i];
        if (!story_has_ended(trace, thread->id) &&
            !(thread->id == 0 && trace->threads->len > 1 && !busy))
            append_loop(loops, trace, thread->id);
    }
    if (busy)
        return g_strdup_printf("The same question is asked again and again "
                               "without sleeping: %s.",
                               loops->str);
    return g_strdup_printf("All run, and none gets anywhere: %s. The same "
                           "steps come back for ever.",
                           loops->str);
}

char *story_end(const struct trace *trace) {
    const char *kind = trace->kind != NULL ? trace->kind : "";
    if (g_str_equal(kind, "deadlock"))
        return story_deadlock(trace);
    if (g_str_equal(kind, "lost-wakeup"))
        return story_lost_wakeup(trace);
    if (g_str_equal(kind, "data-race"))
        return end_race(trace);
    if (g_str_equal(kind, "livelock") || g_str_equal(kind, "busy-wait"))
        return end_livelock(trace);
    if (trace->memory != NULL)
        return end_memory(trace);
    if (trace->misuse != NULL)
        return end_misuse(trace);
    return end_failure(trace);
}
