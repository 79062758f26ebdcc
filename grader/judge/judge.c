// SPDX-License-Identifier: MIT
#include "judge/judge.h"

#include "judge/explain.h"

struct result *result_new(enum stage stage, const struct outcome *outcome) {
    struct result *result = g_new0(struct result, 1);
    result->stage = stage;
    result->outcome = outcome;
    result->findings =
        g_ptr_array_new_with_free_func((GDestroyNotify)finding_free);
    return result;
}

void result_free(struct result *result) {
    if (result == NULL)
        return;
    g_ptr_array_unref(result->findings);
    g_free(result->trouble);
    g_free(result->undecided);
    g_free(result->remark);
    g_free(result);
}

static bool fails(const struct finding *finding) {
    return finding->kind != FINDING_ADVICE;
}

static bool any_fails(const GPtrArray *findings) {
    for (guint i = 0; i < findings->len; i++)
        if (fails(findings->pdata[i]))
            return true;
    return false;
}

bool result_is_good(const struct result *result) {
    return result->outcome->end == OUTCOME_EXITED &&
           result->outcome->code == 0 && result->trouble == NULL &&
           !any_fails(result->findings);
}

// --- Findings ----------------------------------------------------------------

static const struct place *first_place(const struct finding *finding) {
    return finding->places->len == 0 ? NULL : finding->places->pdata[0];
}

static bool same_finding(const struct finding *a, const struct finding *b) {
    const struct place *at = first_place(a), *bt = first_place(b);
    if (a->kind != b->kind)
        return false;
    if (at == NULL || bt == NULL)
        return at == bt && g_str_equal(a->message, b->message);
    return at->line == bt->line && g_strcmp0(at->file, bt->file) == 0;
}

// One bug is told once, by the stage that saw it first.
static bool told_already(const GPtrArray *findings,
                         const struct finding *finding) {
    for (guint i = 0; i < findings->len; i++)
        if (same_finding(findings->pdata[i], finding))
            return true;
    return false;
}

// Kinds stand in the order of their importance. But a scenario whose end is
// wrong in any order of steps has a wrong result like any other, and the test
// of just that says it with fewer words.
static int importance(const struct finding *finding) {
    bool is_wrong = finding->kind == FINDING_BROKEN_INVARIANT ||
                    finding->kind == FINDING_WRONG_RESULT;
    if (is_wrong && finding->in_any_order)
        return 2 * FINDING_WRONG_RESULT + 1;
    return 2 * (int)finding->kind;
}

// The cause before its effect; of equal causes the one that can be pointed at,
// then the one seen first.
static gint by_importance(gconstpointer a, gconstpointer b) {
    const struct finding *x = *(struct finding *const *)a;
    const struct finding *y = *(struct finding *const *)b;
    if (importance(x) != importance(y))
        return importance(x) - importance(y);
    if ((x->places->len > 0) != (y->places->len > 0))
        return x->places->len > 0 ? -1 : 1;
    return (int)x->stage - (int)y->stage;
}

static void complete(struct finding *finding, const char *again) {
    if (finding->why == NULL)
        finding->why = g_strdup(explain_why(finding->kind));
    if (finding->next == NULL)
        finding->next = g_strdup(explain_next(finding->kind));
    if (finding->again == NULL)
        finding->again = g_strdup_printf("%s --stages %s", again,
                                         stage_name(finding->stage));
}

static void take_findings(struct verdict *verdict, GPtrArray *results,
                          const char *again) {
    for (guint r = 0; r < results->len; r++) {
        struct result *result = results->pdata[r];
        while (result->findings->len > 0) {
            struct finding *finding =
                g_ptr_array_steal_index(result->findings, 0);
            if (told_already(verdict->findings, finding)) {
                finding_free(finding);
                continue;
            }
            complete(finding, again);
            g_ptr_array_add(verdict->findings, finding);
        }
    }
    // GLib's sort is stable.
    g_ptr_array_sort(verdict->findings, by_importance);
    if (verdict->findings->len > 0) {
        struct finding *first = verdict->findings->pdata[0];
        first->main = fails(first);
    }
}

// --- Stages ------------------------------------------------------------------

static enum verdict_value value_of(const struct result *result) {
    if (any_fails(result->findings))
        return VERDICT_FAIL;
    if (result->trouble != NULL || result->outcome->end == OUTCOME_TROUBLE)
        return VERDICT_TROUBLE;
    if (result->outcome->end == OUTCOME_NOT_RUN)
        return VERDICT_BLOCKED;
    return result->undecided != NULL ? VERDICT_UNDECIDED : VERDICT_PASS;
}

static const char *reason_of(const struct result *result,
                             enum verdict_value value) {
    switch (value) {
    case VERDICT_TROUBLE:
        return result->trouble != NULL ? result->trouble
                                       : result->outcome->trouble;
    case VERDICT_BLOCKED:
        return result->outcome->trouble;
    case VERDICT_UNDECIDED:
        return result->undecided;
    case VERDICT_PASS:
        return result->remark;
    default:
        return NULL;
    }
}

// The worse of two: a stage of two jobs passes only if both do.
static int severity(enum verdict_value value) {
    static const int order[] = {
        [VERDICT_NONE] = 0,    [VERDICT_PASS] = 1, [VERDICT_UNDECIDED] = 2,
        [VERDICT_BLOCKED] = 3, [VERDICT_TROUBLE] = 4, [VERDICT_FAIL] = 5,
        [VERDICT_NOT_STARTED] = 0,
    };
    return order[value];
}

static void judge_stage(struct stage_verdict *stage,
                        const struct result *result) {
    enum verdict_value value = value_of(result);
    bool first = stage->value == VERDICT_NONE;
    if (severity(value) > severity(stage->value)) {
        stage->value = value;
        g_free(stage->reason);
        stage->reason = g_strdup(reason_of(result, value));
    }
    stage->wall_ms += result->outcome->wall_ms;
    stage->cpu_ms += result->outcome->cpu_ms;
    stage->cached = result->outcome->cached && (first || stage->cached);
}

static enum verdict_value overall(const struct verdict *verdict) {
    enum verdict_value worst = VERDICT_PASS;
    for (int i = 0; i < STAGE_COUNT; i++)
        if (severity(verdict->stages[i].value) > severity(worst))
            worst = verdict->stages[i].value;
    // A machine too busy to tell fails nobody.
    return worst == VERDICT_UNDECIDED ? VERDICT_PASS : worst;
}

static gint by_stage(gconstpointer a, gconstpointer b) {
    const struct result *x = *(struct result *const *)a;
    const struct result *y = *(struct result *const *)b;
    return (int)x->stage - (int)y->stage;
}

void judge(struct verdict *verdict, GPtrArray *results,
           const bool wanted[STAGE_COUNT], const char *again) {
    g_ptr_array_sort(results, by_stage);
    for (guint i = 0; i < results->len; i++) {
        const struct result *result = results->pdata[i];
        if (wanted[result->stage] || result->stage == STAGE_BUILD)
            judge_stage(&verdict->stages[result->stage], result);
    }
    take_findings(verdict, results, again);
    verdict->value = overall(verdict);
}
