// SPDX-License-Identifier: MIT
#include "report/terminal.h"

#include "report/card.h"
#include "report/text.h"

#define TIME_COLUMNS 8

// "schedules" is too wide for a table of 80 columns.
static const char *short_name(enum stage stage) {
    return stage == STAGE_SCHEDULES ? "sched" : stage_name(stage);
}

static bool any_has_stage(const GPtrArray *verdicts, int stage) {
    for (guint i = 0; i < verdicts->len; i++) {
        const struct verdict *verdict = verdicts->pdata[i];
        if (verdict->stages[stage].value != VERDICT_NONE)
            return true;
    }
    return false;
}

static char *row_name(const struct verdict *verdict) {
    return g_strdup_printf("%d.%d %s", verdict->exercise->chapter->number,
                           verdict->exercise->number, verdict->exercise->id);
}

static int widest_name(const GPtrArray *verdicts) {
    int widest = 0;
    for (guint i = 0; i < verdicts->len; i++) {
        g_autofree char *name = row_name(verdicts->pdata[i]);
        widest = MAX(widest, text_columns(name));
    }
    return widest;
}

static void append_heading(GString *out, const struct style *style,
                           const GPtrArray *verdicts, int name_columns) {
    GString *row = g_string_new(NULL);
    g_string_append_printf(row, "  %-*s", name_columns, "");
    for (int stage = 0; stage < STAGE_COUNT; stage++) {
        if (any_has_stage(verdicts, stage))
            g_string_append_printf(row, " %s", short_name((enum stage)stage));
    }
    g_string_append_printf(row, " %*s", TIME_COLUMNS, "time");
    style_append(style, out, TONE_STRONG, row->str);
    g_string_append_c(out, '\n');
    g_string_free(row, TRUE);
}

// Its mark in the middle of a column as wide as its name.
static void append_stage(GString *out, const struct style *style,
                         const struct verdict *verdict, int stage) {
    int columns = text_columns(short_name((enum stage)stage));
    enum verdict_value value = verdict->stages[stage].value;
    int left = (columns - 1) / 2;
    g_string_append_printf(out, " %*s", left, "");
    style_append(style, out, card_tone(value), card_mark(style, value));
    g_string_append_printf(out, "%*s", columns - 1 - left, "");
}

static char *time_spent(const struct verdict *verdict) {
    int64_t wall_ms = 0;
    int stages = 0;
    bool cached = true;
    for (int i = 0; i < STAGE_COUNT; i++) {
        const struct stage_verdict *stage = &verdict->stages[i];
        if (stage->value == VERDICT_NONE || stage->value == VERDICT_BLOCKED)
            continue;
        stages++;
        cached = cached && stage->cached;
        wall_ms += stage->cached ? 0 : stage->wall_ms;
    }
    if (stages == 0)
        return g_strdup("");
    if (cached)
        return g_strdup("cached");
    return g_strdup_printf("%.1f s", (double)wall_ms / 1000);
}

static void append_row(GString *out, const struct style *style,
                       const GPtrArray *verdicts, const struct verdict *verdict,
                       int name_columns) {
    g_autofree char *name = row_name(verdict);
    g_autofree char *spent = time_spent(verdict);
    GString *row = g_string_new(NULL);
    style_append(style, row, card_tone(verdict->value),
                 card_mark(style, verdict->value));
    g_string_append_printf(row, " %-*s", name_columns, name);
    if (verdict->value == VERDICT_NOT_STARTED) {
        g_string_append(row, " not started");
    } else {
        for (int stage = 0; stage < STAGE_COUNT; stage++) {
            if (any_has_stage(verdicts, stage))
                append_stage(row, style, verdict, stage);
        }
        g_string_append_printf(row, " %*s", TIME_COLUMNS, spent);
    }
    g_string_append_printf(out, "%s\n", g_strchomp(row->str));
    g_string_free(row, TRUE);
}

void terminal_write_table(GString *out, const struct style *style,
                          const GPtrArray *verdicts) {
    int name_columns = widest_name(verdicts);
    append_heading(out, style, verdicts, name_columns);
    for (guint i = 0; i < verdicts->len; i++)
        append_row(out, style, verdicts, verdicts->pdata[i], name_columns);
}

// --- The closing line -------------------------------------------------------

static int count_value(const GPtrArray *verdicts, enum verdict_value value) {
    int count = 0;
    for (guint i = 0; i < verdicts->len; i++) {
        const struct verdict *verdict = verdicts->pdata[i];
        count += verdict->value == value;
    }
    return count;
}

static void append_counts(GString *out, const struct style *style,
                          const GPtrArray *verdicts, int64_t wall_ms) {
    static const struct {
        enum verdict_value value;
        const char *says;
    } parts[] = {
        {VERDICT_PASS, "passed"},
        {VERDICT_FAIL, "failed"},
        {VERDICT_BLOCKED, "blocked"},
        {VERDICT_NOT_STARTED, "not started"},
        {VERDICT_TROUBLE, "could not be judged"},
    };
    const char *separator = "";
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        int count = count_value(verdicts, parts[i].value);
        if (count == 0)
            continue;
        g_autofree char *part = g_strdup_printf("%d %s", count, parts[i].says);
        g_string_append(out, separator);
        style_append(style, out, card_tone(parts[i].value), part);
        separator = ", ";
    }
    g_string_append_printf(out, "%s%.1f s\n", separator,
                           (double)wall_ms / 1000);
}

// Someone who has just solved one exercise may now read what else would do.
static void append_solution_hint(GString *out, const GPtrArray *verdicts) {
    if (verdicts->len != 1)
        return;
    const struct verdict *verdict = verdicts->pdata[0];
    if (verdict->value == VERDICT_PASS &&
        verdict->exercise->solution_text != NULL)
        g_string_append_printf(out, "Compare: %s\n",
                               verdict->exercise->solution_text);
}

void terminal_write(GString *out, const struct style *style,
                    const GPtrArray *verdicts, int64_t wall_ms) {
    if (verdicts->len == 0)
        return;
    for (guint i = 0; i < verdicts->len; i++) {
        const struct verdict *verdict = verdicts->pdata[i];
        if (!card_is_telling(verdict))
            continue;
        card_write(out, style, verdict);
        g_string_append_c(out, '\n');
    }
    terminal_write_table(out, style, verdicts);
    g_string_append_c(out, '\n');
    append_counts(out, style, verdicts, wall_ms);
    append_solution_hint(out, verdicts);
}
