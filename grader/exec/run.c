// SPDX-License-Identifier: MIT
// How it works: the main loop watches four descriptors of a child: its pidfd
// (readable when it has ended), the pipe of its output, the pipe of its private
// standard error (box.h) and the socket of its records; and a timer, the
// deadline. The end is decided by the pidfd alone: a grandchild may hold a pipe
// for ever.
//
// In a sandbox, killing the first process inside takes everything with it, by
// the kernel's rule for PID namespaces; and bwrap, still alive, reaps it, so
// that the CPU time is known and nothing is left when bwrap has ended. Without
// a sandbox the group is killed, and then what strayed from it: strays.c.
#include "exec/run.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/box.h"
#include "exec/child.h"
#include "exec/filter.h"
#include "exec/packets.h"
#include "exec/strays.h"

#define STATUS_MAX (64 * 1024)
#define READ_SIZE (64 * 1024)
#define READS_AT_ONCE 16
#define OVERDUE_MS 1000

struct run {
    pid_t pid;
    bool sandbox;
    char *mark; // without a sandbox
    uid_t uid;
    bool killed;
    enum outcome_end why; // if killed
    int64_t started_us;
    int64_t output_max;
    int pidfd, output_fd, status_fd, channel_fd; // -1: none or at its end
    guint pidfd_source, output_source, status_source, channel_source;
    guint deadline_source;
    GByteArray *output;
    GByteArray *status;
    struct packets packets;
    struct outcome *outcome;
    run_done done;
    void *data;
};

static void run_close(int *fd, guint *source) {
    if (*source != 0)
        g_source_remove(*source);
    *source = 0;
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void run_free(struct run *run) {
    run_close(&run->pidfd, &run->pidfd_source);
    run_close(&run->output_fd, &run->output_source);
    run_close(&run->status_fd, &run->status_source);
    run_close(&run->channel_fd, &run->channel_source);
    if (run->deadline_source != 0)
        g_source_remove(run->deadline_source);
    g_byte_array_unref(run->output);
    g_byte_array_unref(run->status);
    outcome_free(run->outcome);
    g_free(run->mark);
    g_free(run);
}

// --- Killing ---------------------------------------------------------------

// Kills the processes that bwrap has started: the first of the sandbox. False
// if there is none (yet).
static bool run_kill_inside(const struct run *run) {
    g_autofree char *path = g_strdup_printf("/proc/%d/task/%d/children",
                                            (int)run->pid, (int)run->pid);
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return false;
    bool any = false;
    g_auto(GStrv) pids = g_strsplit(g_strstrip(text), " ", -1);
    for (char **pid = pids; *pid != NULL; pid++)
        if (atoi(*pid) > 0)
            any = kill(atoi(*pid), SIGKILL) == 0 || any;
    return any;
}

// It has been killed and is still there: bwrap may have been between two
// processes. Its own end takes the sandbox along in any case.
static gboolean run_on_overdue(gpointer data) {
    const struct run *run = data;
    kill(-run->pid, SIGKILL);
    return G_SOURCE_CONTINUE;
}

void run_kill(struct run *run, enum outcome_end why) {
    if (run->killed)
        return;
    run->killed = true;
    run->why = why;
    if (!run->sandbox || !run_kill_inside(run))
        kill(-run->pid, SIGKILL);
    if (run->deadline_source != 0)
        g_source_remove(run->deadline_source);
    run->deadline_source = g_timeout_add(OVERDUE_MS, run_on_overdue, run);
}

static gboolean run_on_deadline(gpointer data) {
    struct run *run = data;
    run->deadline_source = 0;
    // The grader itself may have been stopped or busy: then it may have ended
    // in time, and its end waits to be read.
    struct pollfd ended = {.fd = run->pidfd, .events = POLLIN};
    if (poll(&ended, 1, 0) == 0)
        run_kill(run, OUTCOME_DEADLINE);
    return G_SOURCE_REMOVE;
}

// --- Reading ---------------------------------------------------------------

// False at the end of the pipe. Bytes beyond MAX are read and thrown away, and
// *BEYOND is set.
static bool run_read_pipe(int fd, GByteArray *into, int64_t max, bool *beyond) {
    static guint8 buffer[READ_SIZE]; // the grader has one thread
    for (int i = 0; i < READS_AT_ONCE; i++) {
        ssize_t size = read(fd, buffer, sizeof buffer);
        if (size < 0)
            return errno == EAGAIN || errno == EINTR;
        if (size == 0)
            return false;
        int64_t room = max - into->len;
        g_byte_array_append(into, buffer, (guint)MIN(size, room));
        if (size > room)
            *beyond = true;
    }
    return true;
}

static gboolean run_on_output(gint fd, GIOCondition condition, gpointer data) {
    struct run *run = data;
    (void)condition;
    bool beyond = false;
    bool open = run_read_pipe(fd, run->output, run->output_max, &beyond);
    if (beyond) {
        run->outcome->output_capped = true;
        run_kill(run, OUTCOME_OUTPUT);
    }
    // After the cap nothing more is of interest, and a flood must not keep
    // the loop from the other jobs.
    if (!open || beyond)
        run_close(&run->output_fd, &run->output_source);
    return G_SOURCE_CONTINUE;
}

static gboolean run_on_status(gint fd, GIOCondition condition, gpointer data) {
    struct run *run = data;
    (void)condition;
    bool beyond = false;
    if (!run_read_pipe(fd, run->status, STATUS_MAX, &beyond) || beyond)
        run_close(&run->status_fd, &run->status_source);
    return G_SOURCE_CONTINUE;
}

static gboolean run_on_record(gint fd, GIOCondition condition, gpointer data) {
    struct run *run = data;
    switch (packets_receive(&run->packets, fd, 256, run->outcome)) {
    case PACKETS_LATER:
        break;
    case PACKETS_FLOOD:
        run_kill(run, OUTCOME_OUTPUT);
        run_close(&run->channel_fd, &run->channel_source);
        break;
    case PACKETS_CLOSED:
        // Without HUP it was an empty packet, or the last sender went since
        // the loop looked; then it comes again.
        if (condition & (G_IO_HUP | G_IO_ERR))
            run_close(&run->channel_fd, &run->channel_source);
        break;
    }
    return G_SOURCE_CONTINUE;
}

// What was written before the end lies in the buffers still.
static void run_drain(struct run *run) {
    if (run->channel_fd >= 0)
        run_on_record(run->channel_fd, G_IO_IN, run);
    for (int i = 0; i < 80 && run->channel_fd >= 0 &&
                    recv(run->channel_fd, NULL, 0,
                         MSG_PEEK | MSG_DONTWAIT | MSG_TRUNC) > 0;
         i++)
        run_on_record(run->channel_fd, G_IO_IN, run);
    if (run->output_fd >= 0)
        run_on_output(run->output_fd, G_IO_IN, run);
    if (run->status_fd >= 0)
        run_on_status(run->status_fd, G_IO_IN, run);
}

// --- The end ---------------------------------------------------------------

static int64_t milliseconds(struct timeval time) {
    return (int64_t)time.tv_sec * 1000 + time.tv_usec / 1000;
}

static void run_finish(struct run *run, int wait_status,
                       const struct rusage *usage) {
    struct outcome *outcome = run->outcome;
    outcome->wall_ms = (g_get_monotonic_time() - run->started_us) / 1000;
    outcome->cpu_ms =
        milliseconds(usage->ru_utime) + milliseconds(usage->ru_stime);
    outcome->peak_kb = usage->ru_maxrss;
    run_drain(run);
    g_free(outcome->output);
    // An empty array has no data at all: the NUL makes it a string.
    g_byte_array_append(run->output, (const guint8 *)"", 1);
    g_byte_array_append(run->status, (const guint8 *)"", 1);
    outcome->output = g_utf8_make_valid((const char *)run->output->data,
                                        (gssize)run->output->len - 1);
    if (run->killed) {
        outcome->end = run->why;
        outcome->code = SIGKILL;
    } else {
        box_read_end((const char *)run->status->data, wait_status, outcome);
    }
}

static gboolean run_on_end(gint fd, GIOCondition condition, gpointer data) {
    struct run *run = data;
    (void)fd, (void)condition;
    // Before it is reaped, while its number can be nobody else's.
    kill(-run->pid, SIGKILL);
    int status;
    struct rusage usage;
    if (wait4(run->pid, &status, WNOHANG, &usage) != run->pid)
        return G_SOURCE_CONTINUE;
    if (!run->sandbox)
        strays_kill(run->mark, run->uid);
    run_finish(run, status, &usage);
    run_done done = run->done;
    void *user = run->data;
    struct outcome *outcome = g_steal_pointer(&run->outcome);
    run->pidfd_source = 0; // returning REMOVE does it
    run_free(run);
    done(outcome, user);
    return G_SOURCE_REMOVE;
}

// --- The start -------------------------------------------------------------

// Both ends of everything, and what else the child needs.
struct pipes {
    int null, output[2], status[2], channel[2], filter;
};

static void pipes_close(struct pipes *pipes) {
    int *all[] = {&pipes->null,       &pipes->output[0], &pipes->output[1],
                  &pipes->status[0],  &pipes->status[1], &pipes->channel[0],
                  &pipes->channel[1], &pipes->filter};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        if (*all[i] >= 0)
            close(*all[i]);
}

static bool fail(GError **error, const char *what) {
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "%s: %s", what,
                g_strerror(errno));
    return false;
}

static bool pipes_open(struct pipes *pipes, const struct run_request *request,
                       GError **error) {
    *pipes = (struct pipes){-1, {-1, -1}, {-1, -1}, {-1, -1}, -1};
    pipes->null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (pipes->null < 0)
        return fail(error, "open '/dev/null'");
    if (pipe2(pipes->output, O_CLOEXEC) != 0 ||
        pipe2(pipes->status, O_CLOEXEC) != 0)
        return fail(error, "pipe");
    if (request->channel &&
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pipes->channel))
        return fail(error, "socketpair");
    if (request->sandbox) {
        pipes->filter = filter_open(request->wants_jit, error);
        return pipes->filter >= 0;
    }
    return true;
}

// Only our ends: the child's must block as any program expects.
static bool pipes_unblock(const struct pipes *pipes, GError **error) {
    if (!g_unix_set_fd_nonblocking(pipes->output[0], TRUE, error) ||
        !g_unix_set_fd_nonblocking(pipes->status[0], TRUE, error))
        return false;
    int room = 1024 * 1024; // several of the largest packets, if allowed
    if (pipes->channel[1] >= 0)
        (void)setsockopt(pipes->channel[1], SOL_SOCKET, SO_SNDBUF, &room,
                         sizeof room);
    return true;
}

static rlim_t limit_or_none(int64_t value) {
    return value > 0 ? (rlim_t)value : RLIM_INFINITY;
}

static rlim_t processes_limit(const struct run_request *request) {
    if (request->sandbox || request->limits->processes <= 0)
        return RLIM_INFINITY; // set inside, where it counts per sandbox
    rlim_t own = (rlim_t)request->limits->processes;
    if (request->uid != 0)
        return own; // nobody else runs as that user
    return getuid() == 0 ? RLIM_INFINITY : own + strays_count_tasks(getuid());
}

static pid_t run_fork(const struct run_request *request,
                      const struct pipes *pipes, GError **error) {
    const struct sock_fprog *filter = NULL;
    if (!request->sandbox &&
        (filter = filter_program(request->wants_jit, error)) == NULL)
        return -1;
    g_autofree char *program = g_find_program_in_path(request->argv[0]);
    struct child child = {
        .program = program != NULL ? program : request->argv[0],
        .argv = request->argv,
        .environment = request->environment,
        .folder = request->folder,
        .uid = request->uid,
        .fds = {pipes->null, pipes->output[1], pipes->status[1],
                pipes->channel[1], pipes->filter},
        .filter = filter,
        .cpu_seconds = limit_or_none((request->limits->cpu_ms + 999) / 1000),
        .file_bytes = limit_or_none(request->limits->file_bytes),
        .processes = processes_limit(request),
        .parent = getpid(),
    };
    pid_t pid = fork();
    if (pid == 0)
        child_exec(&child);
    if (pid < 0)
        fail(error, "fork");
    else
        setpgid(pid, pid); // so it is true at once, here too
    return pid;
}

static void run_watch(struct run *run, const struct run_request *request) {
    // The pidfd last: what the child has said is read before its end is.
    run->pidfd_source = g_unix_fd_add_full(G_PRIORITY_DEFAULT, run->pidfd,
                                           G_IO_IN, run_on_end, run, NULL);
    run->output_source =
        g_unix_fd_add(run->output_fd, G_IO_IN | G_IO_HUP, run_on_output, run);
    run->status_source =
        g_unix_fd_add(run->status_fd, G_IO_IN | G_IO_HUP, run_on_status, run);
    if (run->channel_fd >= 0)
        run->channel_source = g_unix_fd_add(run->channel_fd, G_IO_IN | G_IO_HUP,
                                            run_on_record, run);
    if (request->limits->wall_ms > 0)
        run->deadline_source =
            g_timeout_add((guint)MIN(request->limits->wall_ms, G_MAXINT),
                          run_on_deadline, run);
}

struct run *run_start(const struct run_request *request, GError **error) {
    struct pipes pipes;
    int64_t now = g_get_monotonic_time();
    pid_t pid = -1;
    if (pipes_open(&pipes, request, error) && pipes_unblock(&pipes, error))
        pid = run_fork(request, &pipes, error);
    if (pid < 0) {
        pipes_close(&pipes);
        return NULL;
    }
    struct run *run = g_new0(struct run, 1);
    run->pid = pid;
    run->sandbox = request->sandbox;
    run->mark = g_strdup(request->folder);
    run->uid = request->uid;
    run->started_us = now;
    run->output_max = request->limits->output_bytes;
    run->pidfd = pidfd_open(pid, 0);
    if (run->pidfd < 0)
        g_error("pidfd_open: %s", g_strerror(errno));
    run->output_fd = pipes.output[0];
    run->status_fd = pipes.status[0];
    run->channel_fd = pipes.channel[0];
    pipes.output[0] = pipes.status[0] = pipes.channel[0] = -1;
    pipes_close(&pipes);
    run->output = g_byte_array_new();
    run->status = g_byte_array_new();
    run->outcome = outcome_new();
    run->done = request->done;
    run->data = request->data;
    run_watch(run, request);
    return run;
}
