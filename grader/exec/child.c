// SPDX-License-Identifier: MIT
#include "exec/child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FDS (sizeof((struct child *)0)->fds / sizeof(int))

_Noreturn static void child_fail(const char *what) {
    // strerrordesc_np() looks up a constant; strerror() may allocate.
    const char *why = strerrordesc_np(errno);
    if (why == NULL)
        why = "unknown error";
    (void)!write(STDERR_FILENO, what, strlen(what));
    (void)!write(STDERR_FILENO, ": ", 2);
    (void)!write(STDERR_FILENO, why, strlen(why));
    (void)!write(STDERR_FILENO, ".\n", 2);
    _exit(125);
}

static void child_reset_signals(void) {
    struct sigaction usual = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++)
        (void)sigaction(number, &usual, NULL); // KILL, STOP: refused, harmless
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

// The sources may lie where another one's target is, so all move up first.
static void child_place_fds(struct child *child) {
    for (size_t i = 0; i < FDS; i++)
        if (child->fds[i] >= 0)
            child->fds[i] = fcntl(child->fds[i], F_DUPFD_CLOEXEC, (int)FDS);
    for (size_t i = 0; i < FDS; i++)
        if (child->fds[i] < 0)
            close((int)i);
        else if (dup2(child->fds[i], (int)i) < 0)
            child_fail("dup2");
    // bwrap hands on whatever it inherits.
    if (close_range((unsigned)FDS, ~0u, 0) != 0)
        child_fail("close_range");
}

static void child_limit(int resource, rlim_t soft, rlim_t hard) {
    struct rlimit limit = {.rlim_cur = soft, .rlim_max = hard};
    struct rlimit now;
    if (getrlimit(resource, &now) == 0 && now.rlim_max < hard)
        limit.rlim_max = now.rlim_max;
    if (limit.rlim_cur > limit.rlim_max)
        limit.rlim_cur = limit.rlim_max;
    if (setrlimit(resource, &limit) != 0)
        child_fail("setrlimit");
}

static void child_set_limits(const struct child *child) {
    child_limit(RLIMIT_CORE, 0, 0);
    // The same for everybody, whatever the user's shell has set.
    child_limit(RLIMIT_NOFILE, 1024, 4096);
    child_limit(RLIMIT_STACK, 8 << 20, RLIM_INFINITY);
    child_limit(RLIMIT_FSIZE, child->file_bytes, child->file_bytes);
    // A second between SIGXCPU, which can be told apart, and SIGKILL.
    rlim_t most = child->cpu_seconds == RLIM_INFINITY ? RLIM_INFINITY
                                                      : child->cpu_seconds + 1;
    child_limit(RLIMIT_CPU, child->cpu_seconds, most);
    // Not for root: no effect, and it would count root's processes.
    if (child->processes != RLIM_INFINITY)
        child_limit(RLIMIT_NPROC, child->processes, child->processes);
    // Where memory runs out, an answer goes before the grader.
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)!write(fd, "500", 3);
        close(fd);
    }
}

static void child_become(const struct child *child) {
    if (child->uid == 0)
        return;
    if (setgroups(0, NULL) != 0 ||
        setresgid(child->uid, child->uid, child->uid) != 0 ||
        setresuid(child->uid, child->uid, child->uid) != 0)
        child_fail("change to an unprivileged user");
}

// Only after the change of user, which clears it.
static void child_die_with_parent(const struct child *child) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        child_fail("prctl");
    if (getppid() != child->parent)
        _exit(125);
}

static void child_install_filter(const struct child *child) {
    if (child->filter == NULL)
        return;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, child->filter) != 0)
        child_fail("install the system call filter");
}

void child_exec(struct child *child) {
    setpgid(0, 0);
    child_reset_signals();
    umask(022);
    child_place_fds(child);
    child_become(child);
    child_die_with_parent(child);
    if (child->folder != NULL && chdir(child->folder) != 0)
        child_fail(child->folder);
    child_set_limits(child);
    child_install_filter(child);
    execve(child->program, child->argv, child->environment);
    child_fail(child->program);
}
