// SPDX-License-Identifier: MIT
#include "read/hang_words.h"

#include "read/text.h"

enum { MOST_PLACES = 10 };

// --- Words -------------------------------------------------------------------

static const struct {
    const char *does;
    const char *call; // part of the name of the function
    const char *otherwise;
    const char *words; // %s is the object
} doings[] = {
    {"lock", "lock", "a mutex", "waits for %s"},
    {"rwlock", "lock", "a read-write lock", "waits for %s"},
    {"spin", "lock", "a spin lock", "spins for %s"},
    {"cond", "wait", "a condition variable", "waits on %s"},
    {"sem", "wait", "a semaphore", "waits on %s"},
    {"barrier", "wait", "a barrier", "waits at %s"},
};

// "waits for `to->lock`", "joins T2", "runs".
char *hang_doing_words(const struct hang *hang, const struct waiter *waiter) {
    for (guint i = 0; i < G_N_ELEMENTS(doings); i++) {
        if (!g_str_equal(doings[i].does, waiter->does))
            continue;
        g_autofree char *object = location_object(
            hang->context, &waiter->where, doings[i].call, doings[i].otherwise);
        GString *text = g_string_new(doings[i].words);
        g_string_replace(text, "%s", object, 1);
        return g_string_free(text, FALSE);
    }
    const char *key = waiter->key;
    if (g_str_equal(waiter->does, "join"))
        return g_strdup_printf("joins %s",
                               *key == '0' || *key == '\0' ? "a thread" : key);
    if (g_str_equal(waiter->does, "waitpid"))
        return g_strdup("waits for a child process");
    if (g_str_equal(waiter->does, "read") || g_str_equal(waiter->does, "write"))
        return g_strdup_printf("waits in %s", waiter->does);
    if (g_str_equal(waiter->does, "poll"))
        return g_strdup("waits for a descriptor");
    if (g_str_equal(waiter->does, "gauge"))
        return g_strdup("waits in the test's code");
    if (g_str_equal(waiter->does, "sleep"))
        return g_strdup("sleeps");
    if (g_str_equal(waiter->does, "running"))
        return g_strdup("runs");
    if (g_str_equal(waiter->does, "blocked"))
        return g_strdup("is blocked");
    if (waiter_is_zombie(waiter))
        return g_strdup("has ended, and nobody has waited for it");
    return g_strdup(g_str_equal(waiter->does, "ended") ? "has ended"
                                                       : "is stopped");
}

// "T1 waits for `to->lock` at line 31".
char *hang_waiter_words(const struct hang *hang, const struct waiter *waiter) {
    g_autofree char *doing = hang_doing_words(hang, waiter);
    if (waiter_is_zombie(waiter)) // where it was last says nothing
        return g_strdup_printf("%s %s", waiter->name, doing);
    g_autofree char *where = location_words(&waiter->where);
    return g_strdup_printf("%s %s %s", waiter->name, doing, where);
}

// --- Places ------------------------------------------------------------------

void hang_add_waiting(const struct hang *hang, struct finding *finding,
                      const struct waiter *waiter) {
    g_autofree char *doing = hang_doing_words(hang, waiter);
    const struct waiter *holder =
        waiter_wants_lock(waiter)
            ? waiters_holder(hang->waiters, waiter->key, waiter, NULL)
            : NULL;
    g_autofree char *role =
        holder == NULL
            ? g_strdup(doing)
            : g_strdup_printf("%s, held by %s", doing,
                              holder == waiter ? "itself" : holder->name);
    location_add_place(finding, &waiter->where, waiter->name, role);
}

void hang_add_held(const struct hang *hang, struct finding *finding,
                   const struct waiter *waiter, const struct held *held) {
    g_autofree char *object =
        location_object(hang->context, &held->where, "lock", "a lock");
    g_autofree char *role = g_strdup_printf(
        "takes %s%s", object,
        g_str_equal(waiter->does, "ended") ? " and never gives it back" : "");
    location_add_place(finding, &held->where, waiter->name, role);
}

static bool is_wanted(const struct hang *hang, const char *key) {
    for (guint i = 0; i < hang->waiters->len; i++) {
        const struct waiter *waiter = hang->waiters->pdata[i];
        if (waiter_wants_lock(waiter) && g_str_equal(waiter->key, key))
            return true;
    }
    return false;
}

static bool has_place(const struct finding *finding, const char *thread,
                      int line) {
    for (guint i = 0; i < finding->places->len; i++) {
        const struct place *place = finding->places->pdata[i];
        if (place->line == line && g_strcmp0(place->thread, thread) == 0)
            return true;
    }
    return false;
}

// Every thread's place, after those that the explanation has put first.
void hang_add_everybody(const struct hang *hang, struct finding *finding) {
    for (guint i = 0; i < hang->waiters->len; i++) {
        const struct waiter *waiter = hang->waiters->pdata[i];
        if (finding->places->len >= MOST_PLACES)
            return;
        if (!g_str_equal(waiter->does, "ended") && !waiter_is_zombie(waiter) &&
            !has_place(finding, waiter->name, waiter->where.line))
            hang_add_waiting(hang, finding, waiter);
        for (guint h = 0; h < waiter->locks->len; h++) {
            const struct held *held = waiter->locks->pdata[h];
            if (is_wanted(hang, held->key) &&
                !has_place(finding, waiter->name, held->where.line))
                hang_add_held(hang, finding, waiter, held);
        }
    }
}

char *hang_evidence(const struct hang *hang) {
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < hang->waiters->len && i < 40; i++) {
        const struct waiter *waiter = hang->waiters->pdata[i];
        g_autofree char *words = hang_waiter_words(hang, waiter);
        g_string_append(text, words);
        if (*waiter->function != '\0')
            g_string_append_printf(text, " (started in %s)", waiter->function);
        if (*waiter->detail != '\0')
            g_string_append_printf(text, "; %s", waiter->detail);
        for (guint h = 0; h < waiter->locks->len; h++) {
            const struct held *held = waiter->locks->pdata[h];
            g_autofree char *object =
                location_object(hang->context, &held->where, "lock", "a lock");
            g_autofree char *where = location_words(&held->where);
            g_string_append_printf(text, "; holds %s taken %s", object, where);
        }
        g_string_append_c(text, '\n');
    }
    return g_string_free(text, FALSE);
}
