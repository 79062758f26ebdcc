// Design: one pipe for all. A record carries its child's number, and is small
// enough that a write puts it there in one piece.
// SPDX-License-Identifier: MIT
#include "fork_map.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct record {
    int index;
    double out;
};

// Up to PIPE_BUF bytes go in as a whole or not at all; the loop is for
// interruptions.
static int put(int fd, const struct record *record) {
    const char *at = (const char *)record;
    size_t left = sizeof *record;
    while (left > 0) {
        ssize_t n = write(fd, at, left);
        if (n < 0 && errno != EINTR)
            return -1;
        if (n > 0) {
            at += n;
            left -= (size_t)n;
        }
    }
    return 0;
}

// False at the end of the pipe.
static int get(int fd, struct record *record) {
    size_t got = 0;
    while (got < sizeof *record) {
        ssize_t n = read(fd, (char *)record + got, sizeof *record - got);
        if (n == 0 || (n < 0 && errno != EINTR))
            return 0;
        if (n > 0)
            got += (size_t)n;
    }
    return 1;
}

static int reap(pid_t pid) {
    int ended = 0;
    while (waitpid(pid, &ended, 0) < 0 && errno == EINTR)
        ;
    return WIFSIGNALED(ended) ? -WTERMSIG(ended) : WEXITSTATUS(ended);
}

static int start_all(map_fn fn, void *ctx, const struct span *parts,
                     pid_t *pids, int count, int to) {
    for (int i = 0; i < count; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            struct record record = {.index = i};
            int code = fn(parts[i].lo, parts[i].hi, ctx, &record.out);
            if (code == 0 && put(to, &record) != 0)
                code = 126;
            _exit(code);
        }
        if (pids[i] > 0)
            continue;
        int error = errno;
        for (int k = 0; k < i; k++)
            kill(pids[k], SIGKILL);
        for (int k = 0; k < i; k++)
            reap(pids[k]);
        return -error;
    }
    return 0;
}

static int collect(const pid_t *pids, int count, int from, double *partial,
                   int *status) {
    int failed = 0;
    struct record record;
    for (int i = 0; i < count; i++)
        partial[i] = 0;
    while (get(from, &record))
        partial[record.index] = record.out;
    for (int i = 0; i < count; i++) {
        status[i] = reap(pids[i]);
        failed += status[i] != 0;
    }
    return failed;
}

static int run(map_fn fn, void *ctx, const struct span *parts, pid_t *pids,
               int count, double *partial, int *status) {
    int ends[2];
    if (pipe(ends) != 0)
        return -errno;
    int result = start_all(fn, ctx, parts, pids, count, ends[1]);
    close(ends[1]);
    if (result == 0)
        result = collect(pids, count, ends[0], partial, status);
    close(ends[0]);
    return result;
}

int fork_map(map_fn fn, void *ctx, long lo, long hi, int nprocs,
             double *partial, int *status) {
    if (nprocs < 1 || hi < lo)
        return -EINVAL;
    pid_t *pids = calloc((size_t)nprocs, sizeof *pids);
    struct span *parts = calloc((size_t)nprocs, sizeof *parts);
    int result = -ENOMEM;
    if (pids != NULL && parts != NULL) {
        split_range(lo, hi, nprocs, parts);
        result = run(fn, ctx, parts, pids, nprocs, partial, status);
    }
    free(parts);
    free(pids);
    return result;
}
