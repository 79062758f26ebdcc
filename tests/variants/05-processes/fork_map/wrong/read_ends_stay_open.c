// expect: fd-leak
// The parent never closes its read ends.
// SPDX-License-Identifier: MIT
#include "fork_map.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CANNOT_REPORT = 126 }; // no code of fn's

struct child {
    pid_t pid;
    int from; // read end of its pipe
};

static int write_all(int fd, const void *data, size_t size) {
    const char *at = data;
    while (size > 0) {
        ssize_t n = write(fd, at, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        at += n;
        size -= (size_t)n;
    }
    return 0;
}

// How many of SIZE bytes came before the end of the pipe.
static size_t read_all(int fd, void *data, size_t size) {
    char *at = data;
    size_t got = 0;
    while (got < size) {
        ssize_t n = read(fd, at + got, size - got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        got += (size_t)n;
    }
    return got;
}

// The exit status and the signal of PID, as status[] wants them.
static int reap(pid_t pid) {
    int ended;
    while (waitpid(pid, &ended, 0) < 0)
        if (errno != EINTR)
            return CANNOT_REPORT;
    return WIFSIGNALED(ended) ? -WTERMSIG(ended) : WEXITSTATUS(ended);
}

// The child's whole life. _exit(): exit() would flush the parent's buffers and
// run its atexit functions a second time.
static _Noreturn void live(map_fn fn, void *ctx, struct span part, int to) {
    double out;
    int code = fn(part.lo, part.hi, ctx, &out);
    if (code == 0 && write_all(to, &out, sizeof out) != 0)
        code = CANNOT_REPORT;
    _exit(code);
}

static int start(struct child *child, map_fn fn, void *ctx, struct span part) {
    int ends[2];
    if (pipe(ends) != 0)
        return -errno;
    child->pid = fork();
    int error = errno;
    if (child->pid == 0) {
        close(ends[0]);
        live(fn, ctx, part, ends[1]);
    }
    close(ends[1]);
    if (child->pid < 0) {
        close(ends[0]);
        return -error;
    }
    child->from = ends[0];
    return 0;
}

static void kill_all(struct child *children, int count) {
    for (int i = 0; i < count; i++)
        kill(children[i].pid, SIGKILL);
    for (int i = 0; i < count; i++) {
        close(children[i].from);
        reap(children[i].pid);
    }
}

static int start_all(struct child *children, map_fn fn, void *ctx,
                     const struct span *parts, int count) {
    for (int i = 0; i < count; i++) {
        int error = start(&children[i], fn, ctx, parts[i]);
        if (error != 0) {
            kill_all(children, i);
            return error;
        }
    }
    return 0;
}

static int collect(const struct child *child, double *partial, int *status) {
    double out;
    size_t got = read_all(child->from, &out, sizeof out);
    *status = reap(child->pid);
    if (*status == 0 && got < sizeof out)
        *status = CANNOT_REPORT;
    *partial = *status == 0 ? out : 0;
    return *status != 0;
}

int fork_map(map_fn fn, void *ctx, long lo, long hi, int nprocs,
             double *partial, int *status) {
    if (nprocs < 1 || hi < lo)
        return -EINVAL;
    struct child *children = calloc((size_t)nprocs, sizeof *children);
    struct span *parts = calloc((size_t)nprocs, sizeof *parts);
    int result = -ENOMEM;
    if (children != NULL && parts != NULL) {
        split_range(lo, hi, nprocs, parts);
        result = start_all(children, fn, ctx, parts, nprocs);
        for (int i = 0; i < nprocs && result >= 0; i++)
            result += collect(&children[i], &partial[i], &status[i]);
    }
    free(parts);
    free(children);
    return result;
}
