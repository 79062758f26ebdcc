// SPDX-License-Identifier: MIT
#include "model/verdict.h"

static const char *const names[] = {
    [VERDICT_PASS] = "pass",           [VERDICT_FAIL] = "fail",
    [VERDICT_BLOCKED] = "blocked",     [VERDICT_UNDECIDED] = "undecided",
    [VERDICT_NOT_STARTED] = "not_started", [VERDICT_TROUBLE] = "trouble",
    [VERDICT_NONE] = "none",
};

struct verdict *verdict_new(const struct exercise *exercise) {
    struct verdict *verdict = g_new0(struct verdict, 1);
    verdict->exercise = exercise;
    verdict->findings =
        g_ptr_array_new_with_free_func((GDestroyNotify)finding_free);
    verdict->notes = g_ptr_array_new_with_free_func(g_free);
    for (int i = 0; i < STAGE_COUNT; i++)
        verdict->stages[i].value = VERDICT_NONE;
    return verdict;
}

void verdict_free(struct verdict *verdict) {
    if (verdict == NULL)
        return;
    for (int i = 0; i < STAGE_COUNT; i++)
        g_free(verdict->stages[i].reason);
    g_ptr_array_unref(verdict->findings);
    g_ptr_array_unref(verdict->notes);
    g_free(verdict->source);
    g_free(verdict->path);
    g_free(verdict->report);
    g_free(verdict);
}

const char *verdict_value_name(enum verdict_value value) {
    return names[value];
}

const struct finding *verdict_main_finding(const struct verdict *verdict) {
    for (guint i = 0; i < verdict->findings->len; i++) {
        const struct finding *finding = verdict->findings->pdata[i];
        if (finding->main)
            return finding;
    }
    return NULL;
}
