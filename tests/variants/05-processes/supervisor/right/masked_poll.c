// Design: SIGCHLD is let in by ppoll() alone; its handler does nothing.
// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "supervisor.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void woken(int s) {
    (void)s;
}

static int spawn(const struct sup_child *c, pid_t *pid) {
    *pid = fork();
    if (*pid < 0) {
        int e = errno;
        *pid = 0;
        return -e;
    }
    if (*pid == 0) {
        for (int s = 1; s < 32; s++)
            signal(s, SIG_DFL);
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        _exit(c->fn(c->arg));
    }
    return 0;
}

int supervise(const struct sup_child *c, int n, int max_restarts, int stop_fd,
              long grace_ms, struct sup_stats *st) {
    memset(st, 0, sizeof *st);
    struct {
        pid_t pid;
        int tries;
    } *kid = calloc(n ? n : 1, sizeof *kid);
    if (!kid)
        return -ENOMEM;
    sigset_t block, old, open;
    struct sigaction sa, oldsa;
    sigemptyset(&block);
    sigaddset(&block, SIGCHLD);
    sigprocmask(SIG_BLOCK, &block, &old);
    memset(&sa, 0, sizeof sa);
    sa.sa_handler = woken;
    sigaction(SIGCHLD, &sa, &oldsa);
    open = old;
    sigdelset(&open, SIGCHLD);
    int rc = 0, alive = 0, stopping = 0, killed = 0;
    struct timespec end = {0};
    for (int i = 0; i < n && rc == 0; i++)
        if ((rc = spawn(&c[i], &kid[i].pid)) == 0)
            alive++;
    while (rc == 0 && alive > 0) {
        struct pollfd pf = {.fd = stopping ? -1 : stop_fd, .events = POLLIN};
        struct timespec left, *lp = NULL, now;
        if (stopping && !killed) {
            clock_gettime(CLOCK_MONOTONIC, &now);
            left.tv_sec = end.tv_sec - now.tv_sec;
            left.tv_nsec = end.tv_nsec - now.tv_nsec;
            if (left.tv_nsec < 0) {
                left.tv_nsec += 1000000000;
                left.tv_sec--;
            }
            if (left.tv_sec < 0) {
                killed = 1;
                for (int i = 0; i < n; i++)
                    if (kid[i].pid)
                        kill(kid[i].pid, SIGKILL);
            } else
                lp = &left;
        }
        int r = ppoll(&pf, 1, lp, &open);
        if (r < 0 && errno != EINTR) {
            rc = -errno;
            break;
        }
        if (r > 0 && pf.revents) {
            stopping = 1;
            clock_gettime(CLOCK_MONOTONIC, &end);
            end.tv_sec += grace_ms / 1000;
            end.tv_nsec += grace_ms % 1000 * 1000000;
            if (end.tv_nsec >= 1000000000) {
                end.tv_sec++;
                end.tv_nsec -= 1000000000;
            }
            for (int i = 0; i < n; i++)
                if (kid[i].pid)
                    kill(kid[i].pid, SIGTERM);
        }
        for (int i = 0; i < n && rc == 0; i++) {
            int status;
            if (!kid[i].pid || waitpid(kid[i].pid, &status, WNOHANG) <= 0)
                continue;
            kid[i].pid = 0;
            alive--;
            if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
                st->clean_exits++;
            else if (stopping)
                ;
            else if (kid[i].tries++ < max_restarts) {
                rc = spawn(&c[i], &kid[i].pid);
                if (rc == 0) {
                    alive++;
                    st->restarts++;
                }
            } else
                st->gave_up++;
        }
    }
    for (int i = 0; i < n; i++)
        if (kid[i].pid)
            kill(kid[i].pid, SIGKILL);
    for (int i = 0; i < n; i++)
        if (kid[i].pid)
            while (waitpid(kid[i].pid, NULL, 0) < 0 && errno == EINTR)
                ;
    sigaction(SIGCHLD, &oldsa, NULL);
    sigprocmask(SIG_SETMASK, &old, NULL);
    free(kid);
    return rc;
}
