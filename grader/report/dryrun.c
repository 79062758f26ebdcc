// SPDX-License-Identifier: MIT
#include "report/dryrun.h"

#include <string.h>

#include "report/text.h"

static bool is_plain_word(const char *word) {
    return word[0] != '\0' &&
           strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789-_=+./,:@%") == strlen(word);
}

static void append_step(GString *out, const struct style *style,
                        char *const *argv) {
    GString *line = g_string_new("   ");
    for (int i = 0; argv[i] != NULL; i++) {
        g_autofree char *word =
            is_plain_word(argv[i]) ? g_strdup(argv[i]) : g_shell_quote(argv[i]);
        g_string_append_printf(line, " %s", word);
    }
    g_autofree char *clean = text_clean(style, line->str);
    g_string_append_printf(out, "%s\n", clean);
    g_string_free(line, TRUE);
}

static void append_after(GString *out, const struct job *job) {
    for (guint i = 0; i < job->after->len; i++) {
        const struct job *before = job->after->pdata[i];
        g_string_append_printf(out, "%s%s", i == 0 ? "    after " : ", ",
                               before->name);
    }
    if (job->after->len > 0)
        g_string_append_c(out, '\n');
}

static void append_limits(GString *out, const struct job *job) {
    const struct job_limits *limits = &job->limits;
    g_string_append_printf(out, "    at most %" G_GINT64_FORMAT " s",
                           limits->wall_ms / 1000);
    if (limits->cpu_ms > 0)
        g_string_append_printf(out, ", %" G_GINT64_FORMAT " s of CPU",
                               limits->cpu_ms / 1000);
    if (limits->memory_bytes > 0)
        g_string_append_printf(out, ", %" G_GINT64_FORMAT " MiB",
                               limits->memory_bytes >> 20);
    if (limits->processes > 0)
        g_string_append_printf(out, ", %d processes", limits->processes);
    if (job->alone)
        g_string_append(out, ", alone");
    if (!job->cacheable)
        g_string_append(out, ", never from the cache");
    g_string_append_c(out, '\n');
}

void dryrun_write(GString *out, const struct style *style,
                  const struct plan *plan) {
    for (guint i = 0; i < plan->jobs->len; i++) {
        const struct job *job = plan->jobs->pdata[i];
        style_append(style, out, TONE_STRONG, job->name);
        g_string_append_printf(out, "  %s%s%s\n", stage_name(job->stage),
                               job->says != NULL ? ": " : "",
                               job->says != NULL ? job->says : "");
        append_after(out, job);
        append_limits(out, job);
        for (guint k = 0; k < job->steps->len; k++)
            append_step(out, style, job->steps->pdata[k]);
    }
    g_string_append_printf(out, "%u jobs; nothing was run.\n", plan->jobs->len);
}
