// SPDX-License-Identifier: MIT
#include "model/job.h"

#include <stdarg.h>

static void input_free(struct job_input *input) {
    g_free(input->name);
    g_free(input->path);
    g_free(input->text);
    g_free(input);
}

struct job *job_new(const struct exercise *exercise, enum stage stage,
                    const char *what) {
    struct job *job = g_new0(struct job, 1);
    job->name = g_strdup_printf("%s/%s", exercise->id, what);
    job->exercise = exercise;
    job->stage = stage;
    job->steps = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    job->inputs = g_ptr_array_new_with_free_func((GDestroyNotify)input_free);
    job->after = g_ptr_array_new();
    job->cacheable = true;
    return job;
}

void job_free(struct job *job) {
    if (job == NULL)
        return;
    g_free(job->name);
    g_free(job->says);
    g_ptr_array_unref(job->steps);
    g_ptr_array_unref(job->inputs);
    g_strfreev(job->outputs);
    g_strfreev(job->keep);
    g_strfreev(job->environment);
    g_ptr_array_unref(job->after);
    g_free(job->key);
    g_free(job);
}

void plan_free(struct plan *plan) {
    if (plan == NULL)
        return;
    g_ptr_array_unref(plan->jobs);
    g_free(plan);
}

void job_add_step(struct job *job, ...) {
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    va_list arguments;
    va_start(arguments, job);
    for (const char *word; (word = va_arg(arguments, const char *)) != NULL;)
        g_strv_builder_add(builder, word);
    va_end(arguments);
    g_ptr_array_add(job->steps, g_strv_builder_end(builder));
}

static struct job_input *input_add(struct job *job, const char *name) {
    struct job_input *input = g_new0(struct job_input, 1);
    input->name = g_strdup(name);
    g_ptr_array_add(job->inputs, input);
    return input;
}

void job_add_input_file(struct job *job, const char *name, const char *path) {
    input_add(job, name)->path = g_strdup(path);
}

void job_add_input_text(struct job *job, const char *name, const char *text) {
    input_add(job, name)->text = g_strdup(text);
}

void job_add_input_from(struct job *job, const char *name,
                        const struct job *from) {
    input_add(job, name)->from = from;
    if (!g_ptr_array_find(job->after, from, NULL))
        g_ptr_array_add(job->after, (gpointer)from);
}
