// SPDX-License-Identifier: MIT
#include "model/outcome.h"

static void record_free(struct record *record) {
    g_strfreev(record->fields);
    g_free(record);
}

struct outcome *outcome_new(void) {
    struct outcome *outcome = g_new0(struct outcome, 1);
    outcome->output = g_strdup("");
    outcome->records =
        g_ptr_array_new_with_free_func((GDestroyNotify)record_free);
    outcome->files =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return outcome;
}

void outcome_free(struct outcome *outcome) {
    if (outcome == NULL)
        return;
    g_free(outcome->output);
    g_ptr_array_unref(outcome->records);
    g_hash_table_unref(outcome->files);
    g_free(outcome->trouble);
    g_free(outcome);
}

void outcome_take_record(struct outcome *outcome, enum record_type type,
                         int test, int64_t pid, GStrv fields) {
    struct record *record = g_new0(struct record, 1);
    record->type = type;
    record->test = test;
    record->pid = pid;
    record->fields = fields;
    g_ptr_array_add(outcome->records, record);
}
