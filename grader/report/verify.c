// SPDX-License-Identifier: MIT
#include "report/verify.h"

#include "report/text.h"

#define NAME_COLUMNS 22

bool verify_row_is_good(const struct verify_row *row) {
    return row->stub != VERIFY_BAD && row->solution != VERIFY_BAD &&
           row->right == row->right_total && row->wrong == row->wrong_total;
}

// TEXT in the middle of COLUMNS and one blank before.
static void append_cell(GString *out, const struct style *style,
                        enum style_tone tone, const char *text, int columns) {
    int spare = MAX(0, columns - text_columns(text));
    g_string_append_printf(out, " %*s", spare / 2, "");
    style_append(style, out, tone, text);
    g_string_append_printf(out, "%*s", spare - spare / 2, "");
}

static void append_answer(GString *out, const struct style *style,
                          enum verify_answer answer, int columns) {
    static const char *const marks[][2] = {
        [VERIFY_MISSING] = {"-", "–"},
        [VERIFY_GOOD] = {"+", "✓"},
        [VERIFY_BAD] = {"x", "✗"},
    };
    static const enum style_tone tones[] = {TONE_PLAIN, TONE_GOOD, TONE_BAD};
    append_cell(out, style, tones[answer], marks[answer][style->unicode],
                columns);
}

static void append_ratio(GString *out, const struct style *style, int good,
                         int total, int columns) {
    g_autofree char *text = g_strdup_printf("%d/%d", good, total);
    append_cell(out, style, good == total ? TONE_PLAIN : TONE_BAD, text,
                columns);
}

static void append_row(GString *out, const struct style *style,
                       const struct verify_row *row) {
    g_autofree char *name =
        g_strdup_printf("%d.%d %s", row->exercise->chapter->number,
                        row->exercise->number, row->exercise->id);
    g_autofree char *waiting = row->waiting > 0
                                   ? g_strdup_printf("+%d later", row->waiting)
                                   : g_strdup("");
    GString *line = g_string_new(NULL);
    g_string_append_printf(line, "%-*s", NAME_COLUMNS, name);
    append_answer(line, style, row->stub, 5);
    append_answer(line, style, row->solution, 9);
    append_ratio(line, style, row->right, row->right_total, 7);
    append_ratio(line, style, row->wrong, row->wrong_total, 7);
    append_cell(line, style, TONE_PLAIN, waiting, 9);
    g_string_append_printf(line, " %7.1f", (double)row->wall_ms / 1000);
    g_string_append_printf(out, "%s\n", line->str);
    g_string_free(line, TRUE);
}

static void append_complaints(GString *out, const struct style *style,
                              const struct verify_row *row) {
    for (guint i = 0; row->complaints != NULL && i < row->complaints->len;
         i++) {
        g_autofree char *text = g_strdup_printf(
            "%s: %s", row->exercise->id, (char *)row->complaints->pdata[i]);
        g_autofree char *clean = text_clean(style, text);
        g_autoptr(GPtrArray) lines = text_wrap(clean, style->width - 4);
        for (guint k = 0; k < lines->len; k++)
            g_string_append_printf(out, "%s%s\n", k == 0 ? "" : "    ",
                                   (char *)lines->pdata[k]);
    }
}

void verify_write(GString *out, const struct style *style,
                  const GPtrArray *rows) {
    struct verify_row sum = {0};
    int good = 0;
    style_append(style, out, TONE_STRONG,
                 "exercise               stub  solution   right   wrong      "
                 "      seconds");
    g_string_append_c(out, '\n');
    for (guint i = 0; i < rows->len; i++) {
        const struct verify_row *row = rows->pdata[i];
        append_row(out, style, row);
        good += verify_row_is_good(row);
        sum.right += row->right;
        sum.right_total += row->right_total;
        sum.wrong += row->wrong;
        sum.wrong_total += row->wrong_total;
        sum.waiting += row->waiting;
    }
    g_string_append_c(out, '\n');
    for (guint i = 0; i < rows->len; i++)
        append_complaints(out, style, rows->pdata[i]);
    g_string_append_printf(out,
                           "%d of %u exercises judge as they promise: right "
                           "%d/%d passed, wrong %d/%d refused.\n",
                           good, rows->len, sum.right, sum.right_total,
                           sum.wrong, sum.wrong_total);
    if (sum.waiting > 0)
        g_string_append_printf(out,
                               "%d wrong answers need chosen schedules and "
                               "are counted apart.\n",
                               sum.waiting);
}
