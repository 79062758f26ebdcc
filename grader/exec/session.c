// SPDX-License-Identifier: MIT
#include "exec/session.h"

#include "exec/store.h"

// --- Adding ------------------------------------------------------------------

struct task *session_task(const struct session *session, guint i) {
    return g_ptr_array_index(session->tasks, i);
}

struct task *session_find(const struct session *session,
                          const struct job *job) {
    struct task *task = g_hash_table_lookup(session->by_job, job);
    if (task == NULL)
        g_error("job '%s' is not in the plan before those that need it",
                job->name);
    return task;
}

void task_free(struct task *task) {
    g_ptr_array_unref(task->after);
    g_ptr_array_unref(task->sources);
    g_ptr_array_unref(task->takers);
    outcome_free(task->outcome);
    g_free(task->folder);
    g_free(task);
}

// Finds whom it waits for; they are in the session, since the plan has them
// before it.
static void task_connect(struct task *task) {
    const struct job *job = task->job;
    for (guint i = 0; i < job->after->len; i++)
        g_ptr_array_add(
            task->after,
            session_find(task->session, g_ptr_array_index(job->after, i)));
    for (guint i = 0; i < job->inputs->len; i++) {
        const struct job_input *input = g_ptr_array_index(job->inputs, i);
        if (input->from == NULL)
            continue;
        struct task *source = session_find(task->session, input->from);
        g_ptr_array_add(task->sources, source);
        g_ptr_array_add(source->takers, task);
    }
}

void session_add(struct session *session, const struct job *job) {
    const struct exec_options *options = session->options;
    struct task *task = g_new0(struct task, 1);
    task->session = session;
    task->job = job;
    task->after = g_ptr_array_new();
    task->sources = g_ptr_array_new();
    task->takers = g_ptr_array_new();
    if (options->use_cache && options->cache != NULL && job->cacheable)
        task->outcome = store_load(options->cache, job->key);
    task->saved = true;
    task_connect(task);
    g_ptr_array_add(session->tasks, task);
    g_hash_table_insert(session->by_job, (gpointer)job, task);
}

// --- What can run ------------------------------------------------------------

bool task_went_well(const struct task *task) {
    return task->outcome != NULL && task->outcome->end == OUTCOME_EXITED &&
           task->outcome->code == 0;
}

// Whether the ones that wait for TASK may run.
static bool task_is_good(struct task *task) {
    const struct exec_options *options = task->session->options;
    if (!task_went_well(task) || options->is_good == NULL)
        return task_went_well(task);
    if (task->asked != task->outcome) {
        task->asked = task->outcome;
        task->good = options->is_good(task->job, task->outcome, options->data);
    }
    return task->good;
}

const struct task *task_find_failed(const struct task *task) {
    for (guint i = 0; i < task->after->len; i++) {
        struct task *before = g_ptr_array_index(task->after, i);
        if (before->outcome != NULL && before->run == NULL &&
            !task_is_good(before))
            return before;
    }
    return NULL;
}

bool task_is_moot(const struct task *task) {
    const struct exec_options *options = task->session->options;
    return options->is_moot != NULL &&
           options->is_moot(task->job, options->data);
}

bool task_is_ready(const struct task *task) {
    for (guint i = 0; i < task->after->len; i++)
        if (!task_is_good(g_ptr_array_index(task->after, i)))
            return false;
    for (guint i = 0; i < task->sources->len; i++) {
        const struct task *source = g_ptr_array_index(task->sources, i);
        if (source->folder == NULL || source->run != NULL)
            return false;
    }
    return true;
}

bool task_has_its_turn(const struct task *task) {
    const struct session *session = task->session;
    const struct job *turns = task->job->in_turns;
    for (guint i = 0; turns != NULL && i < session->tasks->len; i++) {
        const struct task *other = session_task(session, i);
        if (other->run != NULL && other->job->in_turns == turns)
            return false;
    }
    return true;
}

// A taker still needs files if it will run: for the first time, or once more
// because it is wanted itself. Takers stand after what they take from.
void session_update_wanted(struct session *session) {
    for (guint i = session->tasks->len; i-- > 0;) {
        struct task *task = session_task(session, i);
        task->wanted = false;
        for (guint j = 0; j < task->takers->len; j++) {
            const struct task *taker = g_ptr_array_index(task->takers, j);
            if (taker->run == NULL &&
                (taker->outcome == NULL ||
                 (taker->wanted && taker->folder == NULL)))
                task->wanted = true;
        }
    }
}
