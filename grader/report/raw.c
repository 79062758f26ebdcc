// SPDX-License-Identifier: MIT
#include "report/raw.h"

#include <glib/gstdio.h>

static void append_section(GString *text, const char *title,
                           const char *content) {
    if (content == NULL || *content == '\0')
        return;
    g_string_append_printf(text, "--- %s ---\n%s", title, content);
    if (text->str[text->len - 1] != '\n')
        g_string_append_c(text, '\n');
}

static void append_outcome(GString *text, const struct outcome *outcome) {
    const char *test = "";
    append_section(text, "output", outcome->output);
    for (guint i = 0; i < outcome->records->len; i++) {
        const struct record *record = outcome->records->pdata[i];
        guint count = g_strv_length(record->fields);
        if (record->type == RECORD_BEGIN && count > 0)
            test = record->fields[0];
        if (record->type == RECORD_REPORT && count > 2)
            append_section(text, test, record->fields[2]);
        if (record->type == RECORD_WAITING && count > 5)
            g_string_append_printf(text, "--- %s: %s ---\n%s %s at %s\n", test,
                                   record->fields[0], record->fields[3],
                                   record->fields[4], record->fields[5]);
    }
}

// The schedules that were tried, as `lockstep replay` reads them.
static void keep_trace(const char *folder, const struct raw_part *part) {
    g_autofree char *name = g_strdup_printf("%s/schedules.jsonl", folder);
    const char *trace =
        g_hash_table_lookup(part->outcome->files, "schedules.jsonl");
    if (trace != NULL)
        g_file_set_contents(name, trace, -1, NULL);
}

char *raw_write(const char *root, const char *label,
                const struct raw_part *parts, guint count) {
    g_autofree char *folder = g_build_filename("build", "reports", label, NULL);
    g_autofree char *full = g_build_filename(root, folder, NULL);
    if (g_mkdir_with_parents(full, 0777) != 0)
        return NULL;
    bool any = false;
    for (guint i = 0; i < count; i++)
        if (parts[i].stage == STAGE_SCHEDULES)
            keep_trace(full, &parts[i]);
    for (int stage = 0; stage < STAGE_COUNT; stage++) {
        g_autoptr(GString) text = g_string_new(NULL);
        for (guint i = 0; i < count; i++)
            if (parts[i].stage == (enum stage)stage)
                append_outcome(text, parts[i].outcome);
        g_autofree char *name =
            g_strdup_printf("%s/%s.txt", full, stage_name((enum stage)stage));
        g_unlink(name);
        if (text->len > 0)
            any |=
                g_file_set_contents(name, text->str, (gssize)text->len, NULL);
    }
    return any ? g_steal_pointer(&folder) : NULL;
}
