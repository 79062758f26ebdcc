// SPDX-License-Identifier: MIT
#include "read/waiting.h"

#include <stdlib.h>
#include <string.h>

#include "model/outcome.h"
#include "read/source.h"
#include "read/text.h"

enum { MOST_WAITERS = 300, MOST_LOCKS = 24 };

void location_parse(const struct read_context *context, const char *field,
                    struct location *location) {
    g_auto(GStrv) parts = g_strsplit(field, "|", 4);
    guint count = g_strv_length(parts);
    g_autofree char *base = count > 1 && *parts[1] != '\0'
                                ? g_path_get_basename(parts[1])
                                : g_strdup("");
    *location = (struct location){
        .function = text_printable(count > 0 ? parts[0] : "", 120),
        .file = text_printable(base, 120),
        .line = count > 2 ? atoi(parts[2]) : 0,
        .column = count > 3 ? atoi(parts[3]) : 0,
    };
    location->line = MAX(location->line, 0);
    location->column = MAX(location->column, 0);
    location->is_answer =
        location->line > 0 && g_str_equal(location->file, context->answer_file);
}

void location_release(struct location *location) {
    g_clear_pointer(&location->function, g_free);
    g_clear_pointer(&location->file, g_free);
}

static void held_free(struct held *held) {
    g_free(held->key);
    location_release(&held->where);
    g_free(held);
}

static void waiter_free(struct waiter *waiter) {
    g_free(waiter->name);
    g_free(waiter->function);
    g_free(waiter->does);
    g_free(waiter->key);
    g_free(waiter->detail);
    location_release(&waiter->born);
    location_release(&waiter->where);
    g_ptr_array_unref(waiter->locks);
    g_free(waiter);
}

static struct waiter *waiter_new(const struct read_context *context,
                                 GStrv fields, guint count) {
    struct waiter *waiter = g_new0(struct waiter, 1);
    waiter->name = text_printable(fields[0], 40);
    waiter->function = text_printable(fields[1], 80);
    location_parse(context, fields[2], &waiter->born);
    waiter->does = text_printable(fields[3], 40);
    waiter->key = text_printable(fields[4], 80);
    location_parse(context, fields[5], &waiter->where);
    waiter->detail = text_printable(fields[6], 200);
    waiter->locks = g_ptr_array_new_with_free_func((GDestroyNotify)held_free);
    for (guint i = 7; i + 1 < count && waiter->locks->len < MOST_LOCKS;
         i += 2) {
        struct held *held = g_new0(struct held, 1);
        held->key = text_printable(fields[i], 80);
        location_parse(context, fields[i + 1], &held->where);
        g_ptr_array_add(waiter->locks, held);
    }
    return waiter;
}

GPtrArray *waiters_new(const struct read_context *context,
                       const GPtrArray *records) {
    GPtrArray *waiters =
        g_ptr_array_new_with_free_func((GDestroyNotify)waiter_free);
    for (guint i = 0; i < records->len && waiters->len < MOST_WAITERS; i++) {
        const struct record *record = records->pdata[i];
        guint count = g_strv_length(record->fields);
        if (count >= 7)
            g_ptr_array_add(waiters,
                            waiter_new(context, record->fields, count));
    }
    return waiters;
}

const struct held *waiter_holds(const struct waiter *waiter, const char *key) {
    for (guint i = 0; *key != '\0' && i < waiter->locks->len; i++) {
        const struct held *held = waiter->locks->pdata[i];
        if (g_str_equal(held->key, key))
            return held;
    }
    return NULL;
}

const struct waiter *waiters_holder(const GPtrArray *waiters, const char *key,
                                    const struct waiter *self,
                                    const struct held **held) {
    const struct waiter *found = NULL;
    for (guint i = 0; i < waiters->len; i++) {
        const struct waiter *waiter = waiters->pdata[i];
        const struct held *lock = waiter_holds(waiter, key);
        if (lock == NULL || (found != NULL && waiter == self))
            continue;
        if (found != NULL && found != self)
            continue;
        found = waiter;
        if (held != NULL)
            *held = lock;
    }
    return found;
}

const struct waiter *waiters_find(const GPtrArray *waiters, const char *name) {
    for (guint i = 0; i < waiters->len; i++) {
        const struct waiter *waiter = waiters->pdata[i];
        if (g_str_equal(waiter->name, name))
            return waiter;
    }
    return NULL;
}

static bool does_one_of(const struct waiter *waiter,
                        const char *const *choices) {
    return g_strv_contains(choices, waiter->does);
}

bool waiter_wants_lock(const struct waiter *waiter) {
    static const char *const locks[] = {"lock", "rwlock", "spin", NULL};
    return does_one_of(waiter, locks);
}

bool waiter_runs(const struct waiter *waiter) {
    static const char *const works[] = {"running", "sleep", "spin", NULL};
    return does_one_of(waiter, works);
}

bool waiter_is_zombie(const struct waiter *waiter) {
    return g_str_equal(waiter->does, "zombie");
}

char *location_object(const struct read_context *context,
                      const struct location *location, const char *call,
                      const char *otherwise) {
    g_autofree char *argument =
        location->is_answer ? source_argument(context->source, location->line,
                                              location->column, call, 0)
                            : NULL;
    return argument == NULL ? g_strdup(otherwise)
                            : g_strdup_printf("`%s`", argument);
}

char *location_words(const struct location *location) {
    if (location->is_answer)
        return g_strdup_printf("at line %d", location->line);
    return g_strdup(location->line > 0 ? "in the test's code"
                                       : "at a place unknown");
}

void location_add_place(struct finding *finding,
                        const struct location *location, const char *thread,
                        const char *role) {
    if (location->is_answer)
        finding_add_place(
            finding, location->file, location->line, location->column,
            *location->function == '\0' ? NULL : location->function, thread,
            role);
}
