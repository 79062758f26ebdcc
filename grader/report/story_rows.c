// SPDX-License-Identifier: MIT
// How it works: first the objects that the failure is about, then a rank for
// every step: what the failure consists of, what is done to those objects, the
// locks around it, the threads' lives. Ranks are let in from the best on, the
// later step first, until the rows are full.
#include "report/story_rows.h"

#include "report/story_stuck.h"
#include "report/story_words.h"

enum rank { RANK_NONE, RANK_LIFE, RANK_LOCK, RANK_ABOUT, RANK_MUST };

struct choice {
    const struct trace *trace;
    int no_return;      // story_point_of_no_return()
    GHashTable *shared; // names of objects that several threads use
    GHashTable *about;  // names of objects
    GHashTable *locks;  // names of others' locks that are held around them
    enum rank *ranks;   // one an event
};

static const struct trace_event *event_of(const struct trace *trace, guint i) {
    return trace->events->pdata[i];
}

static void note(GHashTable *set, const char *object) {
    if (object != NULL)
        g_hash_table_add(set, (char *)object);
}

static void note_step(const struct choice *choice, int step) {
    const struct trace_event *event = trace_event_at(choice->trace, step);
    if (event != NULL)
        note(choice->about, event->object);
}

// --- What it is about --------------------------------------------------------

// Objects that more than one thread touches, one of them changing it.
static GHashTable *find_shared(const struct trace *trace) {
    g_autoptr(GHashTable) first = g_hash_table_new(NULL, NULL);
    g_autoptr(GHashTable) changed = g_hash_table_new(NULL, NULL);
    GHashTable *shared = g_hash_table_new(NULL, NULL);
    bool alone = true; // no other thread has been created yet
    for (guint i = 0; i < trace->events->len; i++) {
        const struct trace_event *event = event_of(trace, i);
        gpointer object = (gpointer)event->object;
        gpointer thread = GINT_TO_POINTER(event->thread + 1);
        alone &= event->op != TRACE_CREATE;
        if (object == NULL)
            continue;
        if (!g_hash_table_contains(first, object))
            g_hash_table_insert(first, object, thread);
        else if (g_hash_table_lookup(first, object) != thread)
            g_hash_table_add(shared, object);
        bool prepares = alone && trace->threads->len > 1;
        if (!prepares &&
            (!trace_op_reads(event->op) || trace_op_writes(event->op)))
            g_hash_table_add(changed, object);
    }
    GHashTableIter iter;
    gpointer object;
    g_hash_table_iter_init(&iter, shared);
    while (g_hash_table_iter_next(&iter, &object, NULL))
        if (!g_hash_table_contains(changed, object))
            g_hash_table_iter_remove(&iter);
    return shared;
}

// What THREAD read or wrote last before the end, and shares with others, unless
// ALONE. Returns how many objects these are.
static guint note_last(const struct choice *choice, int thread, bool alone,
                       guint most) {
    const struct trace *trace = choice->trace;
    guint count = 0;
    for (guint i = trace->events->len; i-- > 0 && count < most;) {
        const struct trace_event *event = event_of(trace, i);
        if (event->thread != thread || event->object == NULL ||
            !(trace_op_reads(event->op) || trace_op_writes(event->op)) ||
            !(alone || g_hash_table_contains(choice->shared, event->object)))
            continue;
        count += g_hash_table_add(choice->about, (char *)event->object);
    }
    return count;
}

static void note_last_reads(const struct choice *choice, int thread,
                            guint most) {
    if (note_last(choice, thread, false, most) == 0)
        note_last(choice, thread, true, 1);
}

// What the one who wrote OBJECT last had read just before: what a local copy
// was made from.
static void note_origin(const struct choice *choice, const char *object) {
    enum { BACK_MOST = 3 };
    const struct trace *trace = choice->trace;
    const struct trace_event *write =
        story_write_between(trace, object, -1, 0, trace->events->len);
    int seen = 0;
    for (guint i = trace->events->len; write && i-- > 0 && seen < BACK_MOST;) {
        const struct trace_event *event = event_of(trace, i);
        if (event->step >= write->step || event->thread != write->thread)
            continue;
        seen++;
        if (trace_op_reads(event->op) && event->object != NULL &&
            g_hash_table_contains(choice->shared, event->object)) {
            note(choice->about, event->object);
            return;
        }
    }
}

static void note_origins(const struct choice *choice) {
    guint count;
    g_autofree gpointer *objects =
        g_hash_table_get_keys_as_array(choice->about, &count);
    for (guint i = 0; i < count; i++)
        note_origin(choice, objects[i]);
}

static void note_old_values(const struct choice *choice) {
    for (guint i = 0; i < choice->trace->events->len; i++) {
        const struct trace_event *event = event_of(choice->trace, i);
        if (g_strcmp0(event->note, "stale") == 0)
            note(choice->about, event->object);
    }
}

static void note_failure(const struct choice *choice) {
    const struct trace *trace = choice->trace;
    const struct trace_event *write = NULL;
    const struct trace_event *read = story_stale_read(trace, &write);
    if (read != NULL)
        note(choice->about, read->object);
    if (trace->events->len > 0)
        note_last_reads(choice, event_of(trace, trace->events->len - 1)->thread,
                        3);
    note_origins(choice);
    note_old_values(choice);
}

static void note_waiting(const struct choice *choice) {
    const struct trace *trace = choice->trace;
    for (guint i = 0; i < trace->waiting->len; i++) {
        const struct trace_waiting *waiting = trace->waiting->pdata[i];
        note(choice->about, waiting->object);
        if (waiting->op == TRACE_WAIT || waiting->op == TRACE_WOKEN)
            note_last_reads(choice, waiting->thread, 2);
    }
}

static void note_kind(const struct choice *choice) {
    const struct trace *trace = choice->trace;
    const char *kind = trace->kind != NULL ? trace->kind : "";
    const int steps[] = {trace->race_first, trace->race_second,
                         trace->freed,      trace->used,
                         trace->allocated,  trace->misuse_step};
    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++)
        note_step(choice, steps[i]);
    note_waiting(choice);
    if (g_str_equal(kind, "deadlock") || g_str_equal(kind, "lost-wakeup") ||
        g_str_equal(kind, "data-race"))
        return;
    if (g_str_equal(kind, "livelock") || g_str_equal(kind, "busy-wait"))
        for (guint i = 0; i < trace->threads->len; i++)
            note_last_reads(
                choice, ((struct trace_thread *)trace->threads->pdata[i])->id,
                2);
    note_failure(choice);
}

// Locks taken by those who touch what it is about.
static void note_locks(const struct choice *choice) {
    const struct trace *trace = choice->trace;
    for (guint i = 0; i < trace->events->len; i++) {
        const struct trace_event *event = event_of(trace, i);
        if ((trace_op_takes(event->op) || event->op == TRACE_SEM_WAIT ||
             event->op == TRACE_SEM_POST) &&
            event->object != NULL &&
            g_hash_table_contains(choice->shared, event->object))
            note(choice->locks, event->object);
    }
}

// --- Ranks -------------------------------------------------------------------

static bool is_life(enum trace_op op) {
    return op == TRACE_CREATE || op == TRACE_JOIN || op == TRACE_DETACH ||
           op == TRACE_CANCEL;
}

// The first write of a value that nobody else can have seen yet tells nothing.
static bool is_preparation(const struct choice *choice, guint index) {
    const struct trace *trace = choice->trace;
    for (guint i = 0; i < index; i++)
        if (event_of(trace, i)->op == TRACE_CREATE)
            return false;
    return trace->threads->len > 1;
}

// What a scenario of a hidden suite does itself is there to look, not to fail.
static bool is_suites(const struct choice *choice,
                      const struct trace_event *event) {
    const char *file = trace_stack_place(&event->stack).file;
    return choice->trace->scenario != NULL && file != NULL &&
           g_str_has_suffix(file, "_suite.c");
}

static bool is_surprise(const struct trace_event *event) {
    return g_strcmp0(event->note, "spurious") == 0 ||
           g_strcmp0(event->note, "timeout") == 0;
}

static enum rank rank_of(const struct choice *choice, guint index) {
    const struct trace *trace = choice->trace;
    const struct trace_event *event = event_of(trace, index);
    if (event->step == trace->race_first || event->step == trace->race_second ||
        event->step == trace->allocated || event->step == trace->freed ||
        event->step == trace->used || event->step == trace->misuse_step ||
        event->op == TRACE_FAIL || event->step == choice->no_return ||
        is_surprise(event))
        return RANK_MUST;
    if (is_suites(choice, event))
        return is_life(event->op) ||
                       g_hash_table_contains(choice->about, event->object)
                   ? RANK_LIFE
                   : RANK_NONE;
    if ((event->op == TRACE_INIT && trace->misuse == NULL) ||
        g_strcmp0(event->value, "a thread") == 0)
        return RANK_NONE;
    if (event->note != NULL &&
        (g_str_equal(event->note, "lost") || g_str_equal(event->note, "stale")))
        return g_hash_table_contains(choice->about, event->object) ? RANK_MUST
                                                                   : RANK_LOCK;
    if (event->object != NULL && !is_life(event->op) &&
        g_hash_table_contains(choice->about, event->object))
        return is_preparation(choice, index) ? RANK_LIFE : RANK_ABOUT;
    if (event->object != NULL && !is_life(event->op) &&
        g_hash_table_contains(choice->locks, event->object))
        return is_preparation(choice, index) ? RANK_NONE : RANK_LOCK;
    return is_life(event->op) ? RANK_LIFE : RANK_NONE;
}

// A step that says the same as the one of its thread before, with nothing of
// interest in between: a loop.
static bool is_repeated(const struct choice *choice, guint index) {
    const struct trace_event *event = event_of(choice->trace, index);
    for (guint i = index; i-- > 0;) {
        const struct trace_event *before = event_of(choice->trace, i);
        if (choice->ranks[i] == RANK_NONE)
            continue;
        return before->thread == event->thread && before->op == event->op &&
               before->object == event->object &&
               before->value == event->value &&
               trace_stack_place(&before->stack).line ==
                   trace_stack_place(&event->stack).line;
    }
    return false;
}

// Of a loop each step is told once, as it was done last.
static void rank_last_rounds(const struct choice *choice) {
    g_autoptr(GHashTable) told =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = choice->trace->events->len; i-- > 0;) {
        const struct trace_event *event = event_of(choice->trace, i);
        if (choice->ranks[i] < RANK_LOCK)
            continue;
        char *key = g_strdup_printf("%d %d %p %d", event->thread,
                                    (int)event->op, (const void *)event->object,
                                    trace_stack_place(&event->stack).line);
        if (!g_hash_table_add(told, key))
            choice->ranks[i] = RANK_NONE;
    }
}

static bool is_loop(const struct trace *trace) {
    return g_strcmp0(trace->kind, "livelock") == 0 ||
           g_strcmp0(trace->kind, "busy-wait") == 0;
}

static void rank_all(const struct choice *choice) {
    for (guint i = 0; i < choice->trace->events->len; i++) {
        choice->ranks[i] = rank_of(choice, i);
        if (choice->ranks[i] != RANK_MUST && choice->ranks[i] != RANK_NONE &&
            is_repeated(choice, i))
            choice->ranks[i] = RANK_NONE;
    }
    if (is_loop(choice->trace))
        rank_last_rounds(choice);
}

// --- Rows --------------------------------------------------------------------

static void row_free(struct story_row *row) {
    g_free(row->text);
    g_free(row);
}

// Lets in at most MOST events; *CHOSEN has one flag for each.
static void choose(const struct choice *choice, guint most, bool *chosen) {
    guint left = most;
    for (int rank = RANK_MUST; rank > RANK_NONE; rank--)
        for (guint i = choice->trace->events->len; i-- > 0 && left > 0;)
            if (choice->ranks[i] == (enum rank)rank) {
                chosen[i] = true;
                left--;
            }
}

static void add_event(GPtrArray *rows, const struct choice *choice,
                      const struct trace_event *event) {
    struct story_row *row = g_new0(struct story_row, 1);
    row->thread = event->thread;
    row->place = trace_stack_place(&event->stack);
    row->text = story_step(choice->trace, event);
    row->step = event->step;
    row->preempted = event->preempted;
    row->no_return = event->step == choice->no_return;
    g_ptr_array_add(rows, row);
}

// `x -= 3` is a read and a write; where nothing came between, it is one row.
static bool merge_write(GPtrArray *rows, const struct trace *trace,
                        const struct trace_event *event) {
    struct story_row *row = rows->len == 0 ? NULL : rows->pdata[rows->len - 1];
    const struct trace_event *read =
        row == NULL ? NULL : trace_event_at(trace, row->step);
    if (read == NULL || event->op != TRACE_WRITE || read->op != TRACE_READ ||
        read->thread != event->thread || read->object != event->object ||
        read->step + 1 != event->step || event->value == NULL ||
        read->value == NULL || event->object == NULL ||
        trace_stack_place(&event->stack).line != row->place.line ||
        event->step == trace->race_second || read->step == trace->race_first ||
        event->step == trace->race_first || event->step == trace->used)
        return false;
    g_free(row->text);
    row->text = g_strdup_printf("changes %s: %s to %s", event->object,
                                read->value, event->value);
    return true;
}

// An interruption just before a step that is not told belongs to the next one
// of that thread that is; a gap to whatever comes next.
static void add_events(GPtrArray *rows, const struct choice *choice,
                       const bool *chosen) {
    const struct trace *trace = choice->trace;
    g_autoptr(GHashTable) interrupted = g_hash_table_new(NULL, NULL);
    bool gap = false;
    for (guint i = 0; i < trace->events->len; i++) {
        const struct trace_event *event = event_of(trace, i);
        gpointer thread = GINT_TO_POINTER(event->thread);
        if (event->preempted)
            g_hash_table_add(interrupted, thread);
        if (!chosen[i]) {
            gap |= choice->ranks[i] >= RANK_ABOUT;
            continue;
        }
        if (merge_write(rows, trace, event)) {
            g_hash_table_remove(interrupted, thread);
            continue;
        }
        add_event(rows, choice, event);
        struct story_row *row = rows->pdata[rows->len - 1];
        row->preempted = g_hash_table_remove(interrupted, thread);
        row->gap = gap;
        gap = false;
    }
}

// Who waits while another fails tells nothing; that main waits for the others
// to end goes without saying.
static bool is_waiting_told(const struct trace *trace,
                            const struct trace_waiting *waiting) {
    const char *kind = trace->kind != NULL ? trace->kind : "";
    return (g_str_equal(kind, "deadlock") ||
            g_str_equal(kind, "lost-wakeup")) &&
           (waiting->op != TRACE_JOIN || waiting->thread != 0 ||
            trace->waiting->len == 1);
}

static guint count_waiting(const struct trace *trace) {
    guint count = 0;
    for (guint i = 0; i < trace->waiting->len; i++)
        count += is_waiting_told(trace, trace->waiting->pdata[i]);
    return count;
}

static void add_waiting(GPtrArray *rows, const struct trace *trace,
                        guint most) {
    for (guint i = 0; i < trace->waiting->len && most > 0; i++) {
        const struct trace_waiting *waiting = trace->waiting->pdata[i];
        if (!is_waiting_told(trace, waiting))
            continue;
        struct story_row *row = g_new0(struct story_row, 1);
        row->thread = waiting->thread;
        row->place = trace_stack_place(&waiting->stack);
        row->text = story_waits(trace, waiting);
        row->step = -1;
        g_ptr_array_add(rows, row);
        most--;
    }
}

GPtrArray *story_rows(const struct trace *trace, guint most) {
    GPtrArray *rows = g_ptr_array_new_with_free_func((GDestroyNotify)row_free);
    guint count = trace->events->len;
    g_autofree enum rank *ranks = g_new0(enum rank, MAX(count, 1));
    g_autofree bool *chosen = g_new0(bool, MAX(count, 1));
    g_autoptr(GHashTable) about = g_hash_table_new(NULL, NULL);
    g_autoptr(GHashTable) locks = g_hash_table_new(NULL, NULL);
    g_autoptr(GHashTable) shared = find_shared(trace);
    const struct choice choice = {.trace = trace,
                                  .no_return = story_point_of_no_return(trace),
                                  .shared = shared,
                                  .about = about,
                                  .locks = locks,
                                  .ranks = ranks};
    note_kind(&choice);
    note_locks(&choice);
    rank_all(&choice);
    guint waiting = MIN(count_waiting(trace), most / 2);
    choose(&choice, most - waiting, chosen);
    add_events(rows, &choice, chosen);
    add_waiting(rows, trace, waiting);
    return rows;
}
