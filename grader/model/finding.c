// SPDX-License-Identifier: MIT
#include "model/finding.h"

#include <stdarg.h>

static const char *const names[FINDING_KIND_COUNT] = {
    [FINDING_BUILD_ERROR] = "build-error",
    [FINDING_FORBIDDEN_SYMBOL] = "forbidden-symbol",
    [FINDING_UNDEFINED_BEHAVIOUR] = "undefined-behaviour",
    [FINDING_MEMORY_ERROR] = "memory-error",
    [FINDING_UNINITIALISED_READ] = "uninitialised-read",
    [FINDING_DATA_RACE] = "data-race",
    [FINDING_API_MISUSE] = "api-misuse",
    [FINDING_DEADLOCK] = "deadlock",
    [FINDING_LOST_WAKEUP] = "lost-wakeup",
    [FINDING_LIVELOCK] = "livelock",
    [FINDING_BROKEN_INVARIANT] = "broken-invariant",
    [FINDING_CHILD_LEAK] = "child-leak",
    [FINDING_NO_OVERLAP] = "no-overlap",
    [FINDING_BUSY_WAIT] = "busy-wait",
    [FINDING_CRASH] = "crash",
    [FINDING_WRONG_RESULT] = "wrong-result",
    [FINDING_HANG] = "hang",
    [FINDING_DID_NOT_FINISH] = "did-not-finish",
    [FINDING_THREAD_LEAK] = "thread-leak",
    [FINDING_FD_LEAK] = "fd-leak",
    [FINDING_MEMORY_LEAK] = "memory-leak",
    [FINDING_RESOURCE_LIMIT] = "resource-limit",
    [FINDING_CPU_COST] = "cpu-cost",
    [FINDING_TOO_SLOW] = "too-slow",
    [FINDING_ADVICE] = "advice",
};

static void place_free(struct place *place) {
    if (place == NULL)
        return;
    g_free(place->file);
    g_free(place->function);
    g_free(place->thread);
    g_free(place->role);
    g_free(place);
}

struct finding *finding_new(enum finding_kind kind, enum stage stage,
                            const char *format, ...) {
    struct finding *finding = g_new0(struct finding, 1);
    finding->kind = kind;
    finding->stage = stage;
    finding->places =
        g_ptr_array_new_with_free_func((GDestroyNotify)place_free);
    va_list arguments;
    va_start(arguments, format);
    finding->message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return finding;
}

struct place *finding_add_place(struct finding *finding, const char *file,
                                int line, int column, const char *function,
                                const char *thread, const char *role) {
    struct place *place = g_new0(struct place, 1);
    place->file = g_strdup(file);
    place->line = line;
    place->column = column;
    place->function = g_strdup(function);
    place->thread = g_strdup(thread);
    place->role = g_strdup(role);
    g_ptr_array_add(finding->places, place);
    return place;
}

void finding_free(struct finding *finding) {
    if (finding == NULL)
        return;
    g_free(finding->test);
    g_free(finding->scene);
    g_free(finding->message);
    g_ptr_array_unref(finding->places);
    g_free(finding->why);
    g_free(finding->next);
    g_free(finding->story);
    g_free(finding->evidence);
    g_free(finding->again);
    g_free(finding);
}

const char *finding_kind_name(enum finding_kind kind) {
    return names[kind];
}

bool finding_kind_from_name(const char *name, enum finding_kind *kind) {
    for (int i = 0; i < FINDING_KIND_COUNT; i++) {
        if (g_str_equal(names[i], name)) {
            *kind = (enum finding_kind)i;
            return true;
        }
    }
    return false;
}
