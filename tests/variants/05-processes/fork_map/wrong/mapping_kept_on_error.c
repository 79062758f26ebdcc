// expect: memory-leak
// If a child cannot be started, the shared mapping is not unmapped.
// SPDX-License-Identifier: MIT
#define _GNU_SOURCE 1
#include "fork_map.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

// What a child is to find and to leave, in memory that all of them share.
struct seat {
    struct span part;
    double out;
};

struct crew {
    struct seat *seats;
    pid_t *pids;
    int count;
};

// waitpid() until it says something.
static pid_t wait_for(pid_t pid, int *ended) {
    pid_t got;
    do
        got = waitpid(pid, ended, 0);
    while (got < 0 && errno == EINTR);
    return got;
}

static void disband(struct crew *crew, int started) {
    for (int i = 0; i < started; i++)
        kill(crew->pids[i], SIGKILL);
    for (int i = 0; i < started; i++) {
        int ended;
        wait_for(crew->pids[i], &ended);
    }
}

static int start_all(struct crew *crew, map_fn fn, void *ctx) {
    for (int i = 0; i < crew->count; i++) {
        struct seat *seat = &crew->seats[i];
        crew->pids[i] = fork();
        if (crew->pids[i] == 0)
            _exit(fn(seat->part.lo, seat->part.hi, ctx, &seat->out));
        if (crew->pids[i] < 0) {
            int error = errno;
            disband(crew, i);
            return -error;
        }
    }
    return 0;
}

static int seat_of(const struct crew *crew, pid_t pid) {
    int i = 0;
    while (i < crew->count - 1 && crew->pids[i] != pid)
        i++;
    return i;
}

// In the order in which they end.
static int collect(struct crew *crew, double *partial, int *status) {
    int failed = 0;
    for (int n = 0; n < crew->count; n++) {
        int ended;
        int i = seat_of(crew, wait_for(-1, &ended));
        status[i] =
            WIFSIGNALED(ended) ? -WTERMSIG(ended) : WEXITSTATUS(ended);
        partial[i] = status[i] == 0 ? crew->seats[i].out : 0;
        failed += status[i] != 0;
    }
    return failed;
}

static int run(struct crew *crew, map_fn fn, void *ctx, long lo, long hi,
               double *partial, int *status) {
    struct span *parts = calloc((size_t)crew->count, sizeof *parts);
    if (parts == NULL)
        return -ENOMEM;
    split_range(lo, hi, crew->count, parts);
    for (int i = 0; i < crew->count; i++)
        crew->seats[i].part = parts[i];
    free(parts);
    int error = start_all(crew, fn, ctx);
    return error != 0 ? error : collect(crew, partial, status);
}

int fork_map(map_fn fn, void *ctx, long lo, long hi, int nprocs,
             double *partial, int *status) {
    if (nprocs < 1 || hi < lo)
        return -EINVAL;
    size_t size = (size_t)nprocs * sizeof(struct seat);
    struct seat *seats = mmap(NULL, size, PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (seats == MAP_FAILED)
        return -errno;
    pid_t *pids = calloc((size_t)nprocs, sizeof *pids);
    int result = -ENOMEM;
    if (pids != NULL) {
        struct crew crew = {seats, pids, nprocs};
        result = run(&crew, fn, ctx, lo, hi, partial, status);
    }
    free(pids);
    if (result >= 0)
        munmap(seats, size);
    return result;
}
