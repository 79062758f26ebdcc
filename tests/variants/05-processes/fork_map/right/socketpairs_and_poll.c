// Design: a socket pair for each child, made before the first fork; the parent
// polls and takes results as they come.
// SPDX-License-Identifier: MIT
#define _GNU_SOURCE 1
#include "fork_map.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct child {
    pid_t pid;    // 0: not started
    int sock[2];  // the parent's and the child's end
    char out[sizeof(double)];
    size_t got;
};

static int reap(pid_t pid) {
    int ended = 0;
    while (waitpid(pid, &ended, 0) == -1 && errno == EINTR)
        ;
    return WIFEXITED(ended) ? WEXITSTATUS(ended) : -WTERMSIG(ended);
}

static _Noreturn void live(map_fn fn, void *ctx, struct span part, int sock) {
    double out;
    int code = fn(part.lo, part.hi, ctx, &out);
    size_t sent = 0;
    while (code == 0 && sent < sizeof out) {
        ssize_t n = send(sock, (char *)&out + sent, sizeof out - sent,
                         MSG_NOSIGNAL);
        if (n > 0)
            sent += (size_t)n;
        else if (errno != EINTR)
            code = 126;
    }
    _exit(code);
}

static void give_up(struct child *children, int count) {
    for (int i = 0; i < count; i++) {
        if (children[i].pid > 0) {
            kill(children[i].pid, SIGKILL);
            reap(children[i].pid);
        }
        for (int k = 0; k < 2; k++)
            if (children[i].sock[k] >= 0)
                close(children[i].sock[k]);
    }
}

static int start_all(struct child *children, int count, map_fn fn, void *ctx,
                     const struct span *parts) {
    for (int i = 0; i < count; i++)
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
                       children[i].sock) != 0)
            return -errno;
    for (int i = 0; i < count; i++) {
        pid_t pid = fork();
        if (pid < 0)
            return -errno;
        if (pid == 0)
            live(fn, ctx, parts[i], children[i].sock[1]);
        children[i].pid = pid;
    }
    return 0;
}

// True while there may be more to come.
static int take(struct child *child) {
    ssize_t n = recv(child->sock[0], child->out + child->got,
                     sizeof child->out - child->got, 0);
    if (n < 0)
        return errno == EINTR;
    child->got += (size_t)n;
    return n > 0 && child->got < sizeof child->out;
}

// The children's ends, inherited by all, are of no use for telling that one of
// them has gone: a pipe's end comes late then. But it comes, when all have.
static void take_all(struct child *children, struct pollfd *polls, int count) {
    int open = count;
    for (int i = 0; i < count; i++) {
        close(children[i].sock[1]);
        children[i].sock[1] = -1;
        polls[i] = (struct pollfd){children[i].sock[0], POLLIN, 0};
    }
    while (open > 0) {
        if (poll(polls, (nfds_t)count, -1) < 0)
            continue;
        for (int i = 0; i < count; i++) {
            if (polls[i].fd >= 0 && polls[i].revents != 0 &&
                !take(&children[i])) {
                polls[i].fd = -1;
                open--;
            }
        }
    }
}

static int finish(struct child *child, double *partial, int *status) {
    *status = reap(child->pid);
    *partial = 0;
    if (*status == 0 && child->got == sizeof child->out)
        memcpy(partial, child->out, sizeof child->out);
    close(child->sock[0]);
    return *status != 0;
}

int fork_map(map_fn fn, void *ctx, long lo, long hi, int nprocs,
             double *partial, int *status) {
    if (nprocs < 1 || hi < lo)
        return -EINVAL;
    size_t n = (size_t)nprocs;
    struct child *children = calloc(n, sizeof *children);
    struct pollfd *polls = calloc(n, sizeof *polls);
    struct span *parts = calloc(n, sizeof *parts);
    int result = -ENOMEM;
    if (children != NULL && polls != NULL && parts != NULL) {
        split_range(lo, hi, nprocs, parts);
        for (int i = 0; i < nprocs; i++)
            children[i].sock[0] = children[i].sock[1] = -1;
        result = start_all(children, nprocs, fn, ctx, parts);
        if (result < 0) {
            give_up(children, nprocs);
        } else {
            take_all(children, polls, nprocs);
            for (int i = 0; i < nprocs; i++)
                result += finish(&children[i], &partial[i], &status[i]);
        }
    }
    free(parts);
    free(polls);
    free(children);
    return result;
}
