// SPDX-License-Identifier: MIT
// Other processes: they are not explored. In a child of the program's own fork
// everything is as the C library does it.
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "explore/descriptors.h"
#include "explore/outside.h"
#include "explore/race.h"
#include "explore/real.h"
#include "explore/threads.h"

static void not_controlled(void) {
    if (run.active) {
        run_uncontrolled(UNCONTROLLED_FORK);
        descriptors_inherited();
    }
}

static pid_t fork_child(void) {
    not_controlled();
    pid_t child = fork();
    if (child == 0) {
        run.active = false;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    } else {
        run.news++;
    }
    return child;
}

pid_t ex_fork(void) {
    return run.active ? fork_child() : fork();
}

// The child has a memory of its own, as POSIX allows.
pid_t ex_vfork(void) {
    return ex_fork();
}

// --- Waiting for them -------------------------------------------------------

struct awaited {
    idtype_t type;
    id_t id;
};

static bool has_ended(struct thread *thread, const struct op *op) {
    const struct awaited *awaited = (struct awaited *)op->extra;
    siginfo_t info = {.si_pid = 0};
    int saved = errno;
    (void)thread;
    int result = waitid(awaited->type, awaited->id, &info,
                        WEXITED | WSTOPPED | WCONTINUED | WNOHANG | WNOWAIT);
    errno = saved;
    return result != 0 || info.si_pid != 0;
}

static void wait_until_ended(struct awaited awaited, int options,
                             const void *pc) {
    struct op op = {
        .kind = OP_IO_WAIT, .pc = pc, .is_cancellation_point = true};
    if (!(options & WNOHANG)) {
        op.ready = has_ended;
        op.extra = (uintptr_t)&awaited;
    }
    if (outside_point(&op, options & WNOHANG ? 0 : NEVER) == WAKE_CANCEL)
        threads_cancel_self();
    run_event(OP_IO_WAIT, NULL, pc);
}

static struct awaited awaited_of(pid_t process) {
    if (process == -1)
        return (struct awaited){P_ALL, 0};
    if (process > 0)
        return (struct awaited){P_PID, (id_t)process};
    return (struct awaited){P_PGID, (id_t)-process};
}

static pid_t ended(pid_t child, int *status, const void *pc) {
    run_progress(run_self(), pc, child > 0 ? run.steps : 0, child > 0);
    if (child > 0 && status != NULL)
        race_wrote(status, sizeof *status, pc);
    return child;
}

pid_t ex_waitpid(pid_t process, int *status, int options) {
    REAL_UNLESS_ACTIVE(waitpid(process, status, options));
    wait_until_ended(awaited_of(process), options, PC);
    return ended(waitpid(process, status, options), status, PC);
}

pid_t ex_wait(int *status) {
    REAL_UNLESS_ACTIVE(wait(status));
    wait_until_ended(awaited_of(-1), 0, PC);
    return ended(wait(status), status, PC);
}

pid_t ex_wait4(pid_t process, int *status, int options, struct rusage *usage) {
    REAL_UNLESS_ACTIVE(wait4(process, status, options, usage));
    wait_until_ended(awaited_of(process), options, PC);
    return ended(wait4(process, status, options, usage), status, PC);
}

int ex_waitid(idtype_t type, id_t id, siginfo_t *info, int options) {
    REAL_UNLESS_ACTIVE(waitid(type, id, info, options));
    wait_until_ended((struct awaited){type, id}, options, PC);
    return waitid(type, id, info, options);
}

// --- Other programs ---------------------------------------------------------

int ex_system(const char *command) {
    not_controlled();
    return system(command);
}

FILE *ex_popen(const char *command, const char *mode) {
    not_controlled();
    return popen(command, mode);
}

int ex_posix_spawn(pid_t *child, const char *path,
                   const posix_spawn_file_actions_t *actions,
                   const posix_spawnattr_t *attributes, char *const *words,
                   char *const *environment) {
    not_controlled();
    return posix_spawn(child, path, actions, attributes, words, environment);
}

int ex_posix_spawnp(pid_t *child, const char *file,
                    const posix_spawn_file_actions_t *actions,
                    const posix_spawnattr_t *attributes, char *const *words,
                    char *const *environment) {
    not_controlled();
    return posix_spawnp(child, file, actions, attributes, words, environment);
}

static void check_exec(void) {
    if (run.active)
        run_give_up("it replaces itself by another program");
}

int ex_execve(const char *path, char *const *words, char *const *environment) {
    check_exec();
    return execve(path, words, environment);
}

int ex_execv(const char *path, char *const *words) {
    check_exec();
    return execv(path, words);
}

int ex_execvp(const char *file, char *const *words) {
    check_exec();
    return execvp(file, words);
}

int ex_clone(int (*function)(void *), void *stack, int flags, void *argument,
             ...) {
    va_list more;
    va_start(more, argument);
    void *parent = va_arg(more, void *), *tls = va_arg(more, void *);
    void *child = va_arg(more, void *);
    va_end(more);
    if (run.active) {
        run_uncontrolled(UNCONTROLLED_CLONE);
        run_give_up("it calls clone(), which the explorer does not control");
    }
    return clone(function, stack, flags, argument, parent, tls, child);
}
