// SPDX-License-Identifier: MIT
// How it works: the main loop watches a pidfd and a pipe for each command. A
// command is over when its process has ended; what it started lives in its
// process group, and is killed with it.
#include "exec/workshop.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/child.h"
#include "exec/scratch.h"

#define OUTPUT_MAX (256 * 1024)

struct workshop {
    struct scratch *scratch;
    char *folder;
    guint signals[3];
    bool interrupted;
};

struct running {
    pid_t pid;            // 0: not started, or ended
    int pidfd, output_fd; // -1: none, or at its end
    guint pidfd_source, output_source;
    GByteArray *output;
    int status;
};

// --- The folder --------------------------------------------------------------

static gboolean on_signal(gpointer data) {
    struct workshop *workshop = data;
    workshop->interrupted = true;
    return G_SOURCE_CONTINUE;
}

struct workshop *workshop_new(GError **error) {
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    g_autoptr(workshop_auto) workshop = g_new0(struct workshop, 1);
    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++)
        workshop->signals[i] =
            g_unix_signal_add(numbers[i], on_signal, workshop);
    workshop->scratch = scratch_new(error);
    if (workshop->scratch == NULL)
        return NULL;
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    const struct job job = {.inputs = none};
    workshop->folder =
        scratch_make_box(workshop->scratch, &job, 0, NULL, NULL, error);
    return workshop->folder == NULL ? NULL : g_steal_pointer(&workshop);
}

void workshop_free(struct workshop *workshop) {
    if (workshop == NULL)
        return;
    scratch_free(workshop->scratch);
    for (gsize i = 0; i < G_N_ELEMENTS(workshop->signals); i++)
        if (workshop->signals[i] != 0)
            g_source_remove(workshop->signals[i]);
    g_free(workshop->folder);
    g_free(workshop);
}

const char *workshop_folder(const struct workshop *workshop) {
    return workshop->folder;
}

// --- One command -------------------------------------------------------------

static bool fail(GError **error, const char *what) {
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "%s: %s", what,
                g_strerror(errno));
    return false;
}

static void close_watched(int *fd, guint *source) {
    if (*source != 0)
        g_source_remove(*source);
    *source = 0;
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

// Takes what is there; what is beyond the cap is thrown away. False at the end.
static bool running_read(struct running *running) {
    guint8 buffer[16 * 1024];
    ssize_t size;
    while ((size = read(running->output_fd, buffer, sizeof buffer)) > 0) {
        guint room = OUTPUT_MAX - running->output->len;
        g_byte_array_append(running->output, buffer, MIN((guint)size, room));
    }
    return size < 0 && (errno == EAGAIN || errno == EINTR);
}

static gboolean on_output(gint fd, GIOCondition condition, gpointer data) {
    struct running *running = data;
    (void)fd, (void)condition;
    if (running_read(running))
        return G_SOURCE_CONTINUE;
    running->output_source = 0; // returning REMOVE does it
    close_watched(&running->output_fd, &running->output_source);
    return G_SOURCE_REMOVE;
}

static void running_reap(struct running *running) {
    int status;
    kill(-running->pid, SIGKILL);
    while (waitpid(running->pid, &status, 0) < 0 && errno == EINTR)
        ;
    running->pid = 0;
    running->status =
        WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (running->output_fd >= 0)
        (void)running_read(running);
}

static gboolean on_end(gint fd, GIOCondition condition, gpointer data) {
    struct running *running = data;
    (void)fd, (void)condition;
    running_reap(running);
    running->pidfd_source = 0;
    return G_SOURCE_REMOVE;
}

static void running_release(struct running *running) {
    if (running->pid > 0)
        running_reap(running);
    close_watched(&running->pidfd, &running->pidfd_source);
    close_watched(&running->output_fd, &running->output_source);
    g_byte_array_unref(running->output);
}

static bool running_watch(struct running *running, GError **error) {
    running->pidfd = pidfd_open(running->pid, 0);
    if (running->pidfd < 0)
        g_error("pidfd_open: %s", g_strerror(errno));
    running->pidfd_source =
        g_unix_fd_add(running->pidfd, G_IO_IN, on_end, running);
    running->output_source = g_unix_fd_add(
        running->output_fd, G_IO_IN | G_IO_HUP, on_output, running);
    return g_unix_set_fd_nonblocking(running->output_fd, TRUE, error);
}

static bool running_start(struct running *running, const char *folder,
                          GStrv argv, GError **error) {
    int output[2];
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0)
        return fail(error, "open '/dev/null'");
    if (pipe2(output, O_CLOEXEC) != 0) {
        close(null);
        return fail(error, "pipe");
    }
    g_autofree char *program = g_find_program_in_path(argv[0]);
    g_auto(GStrv) environment = g_get_environ();
    struct child child = {
        .program = program != NULL ? program : argv[0],
        .argv = argv,
        .environment = environment,
        .folder = folder,
        .fds = {null, output[1], output[1], -1, -1},
        .cpu_seconds = RLIM_INFINITY,
        .file_bytes = RLIM_INFINITY,
        .processes = RLIM_INFINITY,
        .parent = getpid(),
    };
    running->pid = fork();
    if (running->pid == 0)
        child_exec(&child);
    close(null);
    close(output[1]);
    running->output_fd = output[0];
    if (running->pid < 0) {
        running->pid = 0;
        return fail(error, "fork");
    }
    setpgid(running->pid, running->pid);
    return running_watch(running, error);
}

// --- All of them -------------------------------------------------------------

static bool not_interrupted(struct workshop *workshop, GError **error) {
    if (workshop->interrupted)
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "interrupted");
    return !workshop->interrupted;
}

static guint count_ended(const struct running *all, guint started) {
    guint ended = 0;
    for (guint i = 0; i < started; i++)
        ended += all[i].pid == 0;
    return ended;
}

static bool run_all(struct workshop *workshop, const char *folder,
                    GStrv const *argvs, guint count, struct running *all,
                    GError **error) {
    guint slots = g_get_num_processors();
    for (guint started = 0, ended = 0; ended < count;) {
        if (!not_interrupted(workshop, error))
            return false;
        while (started < count && started - ended < slots) {
            if (!running_start(&all[started], folder, argvs[started], error))
                return false;
            started++;
        }
        (void)g_main_context_iteration(NULL, TRUE);
        ended = count_ended(all, started);
    }
    return not_interrupted(workshop, error);
}

bool workshop_run(struct workshop *workshop, const char *folder,
                  GStrv const *argvs, guint count,
                  struct command_result *results, GError **error) {
    g_autofree struct running *all = g_new0(struct running, MAX(count, 1));
    for (guint i = 0; i < count; i++) {
        all[i].pidfd = all[i].output_fd = -1;
        all[i].output = g_byte_array_new();
    }
    while (g_main_context_iteration(NULL, FALSE)) // a signal may have come
        ;
    bool good = run_all(workshop, folder, argvs, count, all, error);
    for (guint i = 0; i < count; i++) {
        if (good) {
            results[i].status = all[i].status;
            results[i].output =
                all[i].output->len == 0
                    ? g_strdup("")
                    : g_utf8_make_valid((const char *)all[i].output->data,
                                        (gssize)all[i].output->len);
        }
        running_release(&all[i]);
    }
    return good;
}

void command_result_release(struct command_result *result) {
    g_clear_pointer(&result->output, g_free);
}
