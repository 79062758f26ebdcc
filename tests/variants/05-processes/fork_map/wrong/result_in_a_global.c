// expect: wrong-result
// The children leave their results in a global array. It is their own copy of
// it: the parent's stays as it was.
// SPDX-License-Identifier: MIT
#include "fork_map.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static double *results;

static int reap(pid_t pid) {
    int ended;
    while (waitpid(pid, &ended, 0) < 0 && errno == EINTR)
        ;
    return WIFSIGNALED(ended) ? -WTERMSIG(ended) : WEXITSTATUS(ended);
}

static int start_all(map_fn fn, void *ctx, const struct span *parts,
                     pid_t *pids, int count) {
    for (int i = 0; i < count; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            _exit(fn(parts[i].lo, parts[i].hi, ctx, &results[i]));
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

int fork_map(map_fn fn, void *ctx, long lo, long hi, int nprocs,
             double *partial, int *status) {
    if (nprocs < 1 || hi < lo)
        return -EINVAL;
    pid_t *pids = calloc((size_t)nprocs, sizeof *pids);
    struct span *parts = calloc((size_t)nprocs, sizeof *parts);
    results = calloc((size_t)nprocs, sizeof *results);
    int result = -ENOMEM;
    if (pids != NULL && parts != NULL && results != NULL) {
        split_range(lo, hi, nprocs, parts);
        result = start_all(fn, ctx, parts, pids, nprocs);
        for (int i = 0; i < nprocs && result >= 0; i++) {
            status[i] = reap(pids[i]);
            partial[i] = status[i] == 0 ? results[i] : 0;
            result += status[i] != 0;
        }
    }
    free(results);
    free(parts);
    free(pids);
    return result;
}
