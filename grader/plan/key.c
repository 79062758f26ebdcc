// SPDX-License-Identifier: MIT
#include "plan/key.h"

#include <string.h>

GHashTable *key_memo_new(void) {
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

static const char *file_checksum(const char *path, GHashTable *memo,
                                 GError **error) {
    const char *known = g_hash_table_lookup(memo, path);
    if (known != NULL)
        return known;
    g_autofree char *text = NULL;
    gsize length;
    if (!g_file_get_contents(path, &text, &length, error))
        return NULL;
    char *sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256,
                                            (const guchar *)text, length);
    g_hash_table_insert(memo, g_strdup(path), sum);
    return sum;
}

// With its NUL, so that "ab","c" and "a","bc" differ.
static void add(GChecksum *sum, const char *text) {
    g_checksum_update(sum, (const guchar *)text, (gssize)strlen(text) + 1);
}

static void add_words(GChecksum *sum, GStrv words) {
    for (char **word = words; word != NULL && *word != NULL; word++)
        add(sum, *word);
    add(sum, "");
}

static bool add_input(GChecksum *sum, const struct job_input *input,
                      GHashTable *memo, GError **error) {
    add(sum, input->name);
    const char *content = input->text;
    if (input->from != NULL)
        content = input->from->key;
    else if (input->path != NULL)
        content = file_checksum(input->path, memo, error);
    if (content == NULL)
        return false;
    add(sum, content);
    return true;
}

bool key_set(struct job *job, const char *tools, GHashTable *memo,
             GError **error) {
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    add(sum, tools);
    for (guint i = 0; i < job->steps->len; i++)
        add_words(sum, job->steps->pdata[i]);
    for (guint i = 0; i < job->inputs->len; i++)
        if (!add_input(sum, job->inputs->pdata[i], memo, error))
            return false;
    add_words(sum, job->environment);
    add_words(sum, job->keep);
    g_checksum_update(sum, (const guchar *)&job->limits, sizeof job->limits);
    g_free(job->key);
    job->key = g_strdup(g_checksum_get_string(sum));
    return true;
}
