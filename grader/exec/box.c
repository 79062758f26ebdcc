// SPDX-License-Identifier: MIT
// How it works: the steps become one sh script, since a sandbox costs 11 ms
// and a shell one. bwrap turns a death by signal n into exit status 128 + n,
// and so does the shell; but the shell also names the signal ("Segmentation
// fault") on its own standard error, which the steps never see, because theirs
// goes to the output. So a status above 128 with a word before it was a
// signal, and one without was exit(). (SIGINT and SIGPIPE are not named by the
// shell: 130 and 141 are taken as signals.)
//
// The shell is the first process of the sandbox (--as-pid-1): it reaps orphans
// while it waits for a step, no kill(-1) inside can end it, and bwrap, which
// does not wait for a first process of its own, waits for it: only so does
// bwrap's end mean that nothing is left, and its rusage hold all CPU time.
//
// Traps of bubblewrap 0.8 heeded here: as uid 0 it keeps its capabilities
// (run.c drops the uid first); it hands on every open descriptor (run.c closes
// them); the root and /dev are tmpfs of half of memory unless made read-only;
// RLIMIT_NPROC counts per sandbox only if set inside.
#include "exec/box.h"

#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "exec/strays.h"

#define STARTED "lockstep-box: started\n"
#define ENDED "lockstep-box: end "

bool box_is_writable(const struct job *job) {
    return job->writes || (job->outputs != NULL && job->outputs[0] != NULL) ||
           (job->keep != NULL && job->keep[0] != NULL);
}

static void script_add_limits(GString *script,
                              const struct job_limits *limits) {
    // dash says -p, bash -u.
    if (limits->processes > 0)
        g_string_append_printf(script,
                               "ulimit -p %d 2>/dev/null || ulimit -u %d\n",
                               limits->processes, limits->processes);
    if (limits->memory_bytes > 0)
        g_string_append_printf(script, "ulimit -v %" G_GINT64_FORMAT "\n",
                               limits->memory_bytes / 1024);
}

static char *script_make(const struct job *job, bool sandbox) {
    GString *script = g_string_new(NULL);
    struct job_limits limits = job->limits;
    if (!sandbox) // the user's other processes would count too: see run.c
        limits.processes = 0;
    script_add_limits(script, &limits);
    g_string_append(script, "echo lockstep-box: started >&2\n"
                            "lockstep_step() {\n"
                            "    command -v \"$1\" >/dev/null || {\n"
                            "        echo \"$1: not found\" >&2\n"
                            "        echo 'lockstep-box: end 127' >&2\n"
                            "        exit 127\n"
                            "    }\n"
                            "    (exec \"$@\") 2>&1\n"
                            "    set -- $?\n"
                            "    echo \"lockstep-box: end $1\" >&2\n"
                            "    [ $1 -eq 0 ] || exit $1\n"
                            "}\n");
    for (guint i = 0; i < job->steps->len; i++) {
        const char *const *words = g_ptr_array_index(job->steps, i);
        g_string_append(script, "lockstep_step");
        for (; *words != NULL; words++) {
            g_autofree char *quoted = g_shell_quote(*words);
            g_string_append_c(script, ' ');
            g_string_append(script, quoted);
        }
        g_string_append_c(script, '\n');
    }
    return g_string_free(script, FALSE);
}

static void add(GStrvBuilder *argv, ...) G_GNUC_NULL_TERMINATED;
static void add(GStrvBuilder *argv, ...) {
    va_list words;
    va_start(words, argv);
    for (const char *word; (word = va_arg(words, const char *)) != NULL;)
        g_strv_builder_add(argv, word);
    va_end(words);
}

// /lib and its like: a link into /usr on a merged system, else a folder.
static void add_system_folders(GStrvBuilder *argv) {
    static const char *const names[] = {"lib",    "lib32", "lib64",
                                        "libx32", "bin",   "sbin"};
    add(argv, "--ro-bind", "/usr", "/usr", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_strconcat("/", names[i], NULL);
        g_autofree char *target = g_file_read_link(path, NULL);
        if (target != NULL)
            add(argv, "--symlink", target, path, NULL);
        else
            add(argv, "--ro-bind-try", path, path, NULL);
    }
    add(argv, "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache",
        "--ro-bind-try", "/etc/alternatives", "/etc/alternatives", NULL);
}

// Since 0.8; before, the filter alone refuses new namespaces.
static bool bwrap_knows_disable_userns(void) {
    static int knows = -1;
    if (knows >= 0)
        return knows;
    const char *argv[] = {"bwrap", "--help", NULL};
    g_autofree char *help = NULL;
    knows = g_spawn_sync(NULL, (char **)argv, NULL,
                         G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
                         NULL, &help, NULL, NULL, NULL) &&
            strstr(help, "--disable-userns") != NULL;
    return knows;
}

static void add_sandbox(GStrvBuilder *argv, const struct job *job,
                        const char *folder, const char *etc) {
    add(argv, "bwrap", "--unshare-user", "--unshare-all", "--die-with-parent",
        "--new-session", "--hostname", "box", "--cap-drop", "ALL", "--as-pid-1",
        NULL);
    if (bwrap_knows_disable_userns())
        add(argv, "--disable-userns", NULL);
    add_system_folders(argv);
    static const char *const own[] = {"hosts", "nsswitch.conf"};
    for (size_t i = 0; i < G_N_ELEMENTS(own); i++) {
        g_autofree char *from = g_build_filename(etc, own[i], NULL);
        g_autofree char *to = g_build_filename("/etc", own[i], NULL);
        add(argv, "--ro-bind-try", from, to, NULL);
    }
    add(argv, "--proc", "/proc", "--dev", "/dev", "--size", "16777216",
        "--tmpfs", "/dev/shm", "--remount-ro", "/dev", "--size", "67108864",
        "--tmpfs", "/tmp", NULL);
    add(argv, box_is_writable(job) ? "--bind" : "--ro-bind", folder, "/box",
        "--remount-ro", "/", "--chdir", "/box", NULL);
    add(argv, "--seccomp", G_STRINGIFY(4), NULL);
    G_STATIC_ASSERT(BOX_FILTER_FD == 4);
}

GStrv box_command(const struct job *job, const char *folder, const char *etc,
                  bool sandbox) {
    g_autoptr(GStrvBuilder) argv = g_strv_builder_new();
    g_autofree char *script = script_make(job, sandbox);
    if (sandbox)
        add_sandbox(argv, job, folder, etc);
    add(argv, "/bin/sh", "-c", script, NULL);
    return g_strv_builder_end(argv);
}

GStrv box_environment(const struct job *job, const char *mark) {
    g_autoptr(GStrvBuilder) environment = g_strv_builder_new();
    add(environment, "PATH=/usr/bin:/bin:/usr/lib/llvm-14/bin", "HOME=/tmp",
        "LC_ALL=C.UTF-8", NULL);
    if (mark != NULL) {
        g_autofree char *entry = g_strconcat(STRAYS_MARK "=", mark, NULL);
        g_strv_builder_add(environment, entry);
    }
    for (char **one = job->environment; one != NULL && *one != NULL; one++)
        g_strv_builder_add(environment, *one);
    return g_strv_builder_end(environment);
}

// SAID in one line, or OTHERWISE.
static void end_in_trouble(struct outcome *outcome, const char *said,
                           const char *otherwise) {
    outcome->end = OUTCOME_TROUBLE;
    g_free(outcome->trouble);
    outcome->trouble = g_utf8_make_valid(said, -1);
    g_strdelimit(g_strstrip(outcome->trouble), "\n", ' ');
    if (*outcome->trouble == '\0') {
        g_free(outcome->trouble);
        outcome->trouble = g_strdup(otherwise);
    }
}

static void end_by_signal(struct outcome *outcome, int number) {
    outcome->end = OUTCOME_SIGNALLED;
    outcome->code = number;
}

// The shell did not live to announce the end that the wait status tells of.
static void read_lost_shell(const char *said, int wait_status,
                            struct outcome *outcome) {
    if (WIFSIGNALED(wait_status))
        end_by_signal(outcome, WTERMSIG(wait_status));
    else if (WEXITSTATUS(wait_status) > 128)
        end_by_signal(outcome, WEXITSTATUS(wait_status) - 128);
    else
        end_in_trouble(outcome, said, "The steps' shell ended by itself.");
}

// What the shell wrote about the steps.
struct account {
    int code;      // of the last step that ended; 0 if none has
    GString *said; // the shell's own words about that step
    GString *rest; // and after it
};

static void account_read(struct account *account, const char *text) {
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++)
        if (g_str_has_prefix(*line, ENDED)) {
            account->code = atoi(*line + strlen(ENDED));
            g_string_assign(account->said, account->rest->str);
            g_string_truncate(account->rest, 0);
        } else if (**line != '\0') {
            g_string_append_printf(account->rest, "%s\n", *line);
        }
}

void box_read_end(const char *status, int wait_status,
                  struct outcome *outcome) {
    const char *started = strstr(status, STARTED);
    if (started == NULL) {
        g_autofree char *how =
            WIFSIGNALED(wait_status)
                ? g_strdup_printf("The sandbox did not start: signal %d (%s) "
                                  "ended bwrap.",
                                  WTERMSIG(wait_status),
                                  g_strsignal(WTERMSIG(wait_status)))
                : g_strdup_printf("The sandbox did not start: bwrap ended with "
                                  "status %d and said nothing.",
                                  WEXITSTATUS(wait_status));
        end_in_trouble(outcome, status, how);
        return;
    }
    g_autoptr(GString) said = g_string_new(NULL);
    g_autoptr(GString) rest = g_string_new(NULL);
    struct account account = {.said = said, .rest = rest};
    account_read(&account, started + strlen(STARTED));
    int code = account.code;
    if (!WIFEXITED(wait_status) || WEXITSTATUS(wait_status) != code) {
        read_lost_shell(rest->str, wait_status, outcome);
    } else if (code > 128 && (said->len > 0 || code == 128 + SIGINT ||
                              code == 128 + SIGPIPE)) {
        end_by_signal(outcome, code - 128);
    } else if (code == 127 && said->len > 0) {
        end_in_trouble(outcome, said->str, "A program is not installed.");
    } else {
        outcome->end = OUTCOME_EXITED;
        outcome->code = code;
    }
}
