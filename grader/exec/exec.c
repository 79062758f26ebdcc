// SPDX-License-Identifier: MIT
// How it works: whenever a job ends, everything that can be started now is
// started at once, in the plan's order, and only then is the ended one saved,
// reported and cleaned up after, and the new ones announced. Saved outcomes
// make a job done before it began; but a job that must run may need files of
// one that is done in this way. Such a one is `wanted`, and is run again when a
// slot is free of first runs. What measures (`alone`) waits until nothing else
// can run.
#include "exec/exec.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "exec/box.h"
#include "exec/probe.h"
#include "exec/run.h"
#include "exec/scratch.h"
#include "exec/session.h"
#include "exec/store.h"
#include "exec/strays.h"

#define TICK_MS 200
#define KEEP_MAX (4 * 1024 * 1024) // bytes of one kept file

// --- Starting --------------------------------------------------------------

static void session_go_on(struct session *session);

static void task_trouble(struct task *task, enum outcome_end end,
                         const char *format, ...) G_GNUC_PRINTF(3, 4);
static void task_trouble(struct task *task, enum outcome_end end,
                         const char *format, ...) {
    outcome_free(task->outcome);
    task->outcome = outcome_new();
    task->outcome->end = end;
    va_list arguments;
    va_start(arguments, format);
    task->outcome->trouble = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    task->saved = true;
}

static void task_keep_files(struct task *task) {
    for (char **name = task->job->keep; name != NULL && *name != NULL; name++) {
        char *text = scratch_read(task->folder, *name, KEEP_MAX);
        if (text != NULL)
            g_hash_table_insert(task->outcome->files, g_strdup(*name), text);
    }
}

static void task_drop_files(struct task *task) {
    if (task->folder != NULL)
        scratch_remove_box(task->session->scratch, task->folder);
    g_clear_pointer(&task->folder, g_free);
}

static void task_on_end(struct outcome *outcome, void *data) {
    struct task *task = data;
    struct session *session = task->session;
    task->run = NULL;
    session->slots[task->slot] = false;
    session->running--;
    session->alone = false;
    if (session->interrupted) {
        // Killed by us: not what would have happened.
        outcome_free(outcome);
        task_trouble(task, OUTCOME_NOT_RUN, "The run was interrupted.");
    } else {
        outcome_free(task->outcome);
        task->outcome = outcome;
        task->saved = false;
        task_keep_files(task);
        if (!task_went_well(task) && scratch_is_full(session->scratch))
            task_trouble(task, OUTCOME_TROUBLE,
                         "No space is left on the disk of '%s'.", task->folder);
        if (session->options->on_outcome != NULL)
            session->options->on_outcome(task->job, task->outcome,
                                         session->options->data);
    }
    session_go_on(session);
}

static const char *find_folder(const struct job *from, void *data) {
    return session_find(data, from)->folder;
}

static bool session_prepare(struct session *session, GError **error) {
    if (session->scratch != NULL)
        return true;
    session->sandbox = !session->options->no_sandbox && probe_sandbox(NULL);
    if (!session->sandbox)
        strays_adopt();
    session->scratch = scratch_new(error);
    return session->scratch != NULL;
}

static struct run *task_run(struct task *task, uid_t uid, GError **error) {
    const struct session *session = task->session;
    const struct job *job = task->job;
    g_auto(GStrv) argv = box_command(
        job, task->folder, scratch_etc(session->scratch), session->sandbox);
    g_auto(GStrv) environment =
        box_environment(job, session->sandbox ? NULL : task->folder);
    struct run_request request = {
        .argv = argv,
        .environment = environment,
        .folder = session->sandbox ? NULL : task->folder,
        .uid = uid,
        .sandbox = session->sandbox,
        .wants_jit = job->wants_jit,
        .channel = job->channel,
        .limits = &job->limits,
        .done = task_on_end,
        .data = task,
    };
    return run_start(&request, error);
}

static int session_free_slot(const struct session *session) {
    for (int i = 0; i < session->options->slots; i++)
        if (!session->slots[i])
            return i;
    return -1;
}

static void task_start(struct task *task) {
    struct session *session = task->session;
    g_autoptr(GError) error = NULL;
    int slot = session_free_slot(session);
    uid_t uid = probe_user(slot);
    if (session_prepare(session, &error))
        task->folder = scratch_make_box(session->scratch, task->job, uid,
                                        find_folder, session, &error);
    if (task->folder != NULL)
        task->run = task_run(task, uid, &error);
    if (task->run == NULL) {
        task_drop_files(task);
        task_trouble(task, OUTCOME_TROUBLE, "Cannot run '%s': %s.",
                     task->job->name, error->message);
        return;
    }
    task->slot = slot;
    session->slots[slot] = true;
    session->running++;
    session->alone = task->job->alone;
}

// Starts every task of one sort that can be started now; AGAIN: those whose
// saved outcome is known, for their files.
static void session_start(struct session *session, bool again, bool alone) {
    for (guint i = 0; i < session->tasks->len; i++) {
        struct task *task = session_task(session, i);
        if (session->running >= session->options->slots || session->alone ||
            (alone && session->running > 0))
            return;
        bool due = again ? task->wanted && task->outcome != NULL &&
                               task_went_well(task) && task->folder == NULL
                         : task->outcome == NULL;
        if (due && task->run == NULL && task->job->alone == alone &&
            task_is_ready(task) && task_has_its_turn(task))
            task_start(task);
    }
}

// One pass is enough: a task stands after all that it waits for.
static void session_give_up(struct session *session) {
    for (guint i = 0; i < session->tasks->len; i++) {
        struct task *task = session_task(session, i);
        if (task->outcome != NULL || task->run != NULL)
            continue;
        const struct task *failed = task_find_failed(task);
        if (failed == NULL) {
            if (task_is_moot(task))
                task_trouble(task, OUTCOME_NOT_RUN,
                             "What it could find was known already.");
            continue;
        }
        if (failed->outcome->end == OUTCOME_NOT_RUN)
            task_trouble(task, OUTCOME_NOT_RUN, "%s", failed->outcome->trouble);
        else
            task_trouble(task, OUTCOME_NOT_RUN,
                         "'%s', which it needs, did not succeed.",
                         failed->job->name);
    }
}

static void session_start_all(struct session *session) {
    static const struct {
        bool again, alone;
    } order[] = {{false, false}, {true, false}, {false, true}, {true, true}};
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
        session_give_up(session); // also for what could not be started
        session_update_wanted(session);
        session_start(session, order[i].again, order[i].alone);
    }
    session_give_up(session);
    session_update_wanted(session);
}

// --- Going on --------------------------------------------------------------

static void task_save(struct task *task) {
    const struct exec_options *options = task->session->options;
    task->saved = true;
    // A cache that cannot be written costs time, no more.
    if (options->cache != NULL && task->job->cacheable &&
        store_is_worth_saving(task->outcome))
        (void)store_save(options->cache, task->job->key, task->outcome, NULL);
}

// Saves, reports and cleans up after what has ended. True if all has.
static bool session_tidy(struct session *session) {
    const struct exec_options *options = session->options;
    bool all = true;
    for (guint i = 0; i < session->tasks->len; i++) {
        struct task *task = session_task(session, i);
        bool again =
            task->wanted && task->folder == NULL && task_went_well(task);
        if (task->outcome == NULL || task->run != NULL || again) {
            all = false;
            continue;
        }
        if (!task->saved)
            task_save(task);
        if (!task->wanted)
            task_drop_files(task);
        if (!task->reported && options->on_end != NULL)
            options->on_end(task->job, task->outcome, options->data);
        task->reported = true;
    }
    return all;
}

static void session_announce(struct session *session) {
    const struct exec_options *options = session->options;
    for (guint i = 0; i < session->tasks->len; i++) {
        struct task *task = session_task(session, i);
        if (task->run == NULL || task->announced)
            continue;
        task->announced = true;
        if (options->on_start != NULL)
            options->on_start(task->job, options->data);
    }
}

static void session_go_on(struct session *session) {
    if (session->interrupted) {
        if (session->running == 0)
            g_main_loop_quit(session->loop);
        return;
    }
    session_start_all(session);
    bool all = session_tidy(session);
    session_announce(session);
    if (all)
        g_main_loop_quit(session->loop);
    else if (session->running == 0)
        g_error("the plan's jobs wait for each other");
}

static gboolean session_on_signal(gint fd, GIOCondition condition,
                                  gpointer data) {
    struct session *session = data;
    struct signalfd_siginfo info;
    (void)condition;
    if (read(fd, &info, sizeof info) != (ssize_t)sizeof info)
        return G_SOURCE_CONTINUE;
    session->interrupted = true;
    for (guint i = 0; i < session->tasks->len; i++)
        if (session_task(session, i)->run != NULL)
            run_kill(session_task(session, i)->run, OUTCOME_NOT_RUN);
    session_go_on(session);
    return G_SOURCE_CONTINUE;
}

static gboolean session_on_tick(gpointer data) {
    struct session *session = data;
    session->options->on_tick(session->options->data);
    return G_SOURCE_CONTINUE;
}

// --- The whole -------------------------------------------------------------

// Nothing but the main loop may take these signals meanwhile. One that is
// ignored (as in a background job) stays so.
static int catch_signals(sigset_t *before) {
    static const int numbers[] = {SIGINT, SIGTERM};
    sigset_t ours;
    sigemptyset(&ours);
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        struct sigaction action;
        if (sigaction(numbers[i], NULL, &action) == 0 &&
            action.sa_handler != SIG_IGN)
            sigaddset(&ours, numbers[i]);
    }
    sigprocmask(SIG_BLOCK, &ours, before);
    int fd = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        g_error("signalfd: %s", g_strerror(errno));
    return fd;
}

static void session_run(struct session *session) {
    sigset_t before;
    int signals = catch_signals(&before);
    guint signal_source =
        g_unix_fd_add(signals, G_IO_IN, session_on_signal, session);
    guint tick_source = 0;
    if (session->options->on_tick != NULL)
        tick_source = g_timeout_add(TICK_MS, session_on_tick, session);
    session_go_on(session);
    if (session->running > 0)
        g_main_loop_run(session->loop);
    if (session->scratch != NULL && !session->sandbox)
        strays_end();
    scratch_free(session->scratch);
    if (tick_source != 0)
        g_source_remove(tick_source);
    g_source_remove(signal_source);
    close(signals);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

bool exec_sandbox_works(const char **reason) {
    return probe_sandbox(reason);
}

GPtrArray *exec_run(const struct plan *plan,
                    const struct exec_options *options) {
    g_autoptr(GPtrArray) tasks =
        g_ptr_array_new_with_free_func((GDestroyNotify)task_free);
    g_autoptr(GHashTable) by_job = g_hash_table_new(NULL, NULL);
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    g_autofree bool *slots = g_new0(bool, options->slots);
    struct session session = {.options = options,
                              .tasks = tasks,
                              .by_job = by_job,
                              .loop = loop,
                              .slots = slots};
    g_assert(options->slots >= 1);
    for (guint i = 0; i < plan->jobs->len; i++)
        session_add(&session, g_ptr_array_index(plan->jobs, i));
    session_run(&session);
    if (session.interrupted)
        return NULL;
    GPtrArray *outcomes =
        g_ptr_array_new_with_free_func((GDestroyNotify)outcome_free);
    for (guint i = 0; i < tasks->len; i++)
        g_ptr_array_add(outcomes,
                        g_steal_pointer(&session_task(&session, i)->outcome));
    return outcomes;
}
