// Design: epoll over a signalfd, a timerfd and stop_fd. Children leave by
// exit().
// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "supervisor.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>
static struct {
    pid_t pid;
    int starts;
} slot[256];
static int launch(const struct sup_child *c, int i) {
    pid_t p = fork();
    switch (p) {
    case -1:
        return -errno;
    case 0: {
        sigset_t none;
        for (int s = 1; s < 32; ++s)
            (void)signal(s, SIG_DFL);
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        exit(c[i].fn(c[i].arg));
    }
    default:
        slot[i].pid = p;
        slot[i].starts++;
        return 0;
    }
}
static void everybody(int n, int s) {
    for (int i = 0; i < n; ++i)
        if (slot[i].pid > 0)
            kill(slot[i].pid, s);
}
static int add(int ep, int fd, int tag) {
    struct epoll_event e = {.events = EPOLLIN, .data.u32 = tag};
    return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
}
int supervise(const struct sup_child *c, int n, int max_restarts, int stop_fd,
              long grace_ms, struct sup_stats *st) {
    sigset_t chld, old;
    int rc = 0, live = 0, ep = -1, sfd = -1, tfd = -1, stopped = 0;
    st->restarts = st->clean_exits = st->gave_up = 0;
    for (int i = 0; i < n; ++i) {
        slot[i].pid = 0;
        slot[i].starts = 0;
    }
    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    sigprocmask(SIG_BLOCK, &chld, &old);
    struct sigaction was, dfl = {.sa_handler = SIG_DFL};
    sigaction(SIGCHLD, &dfl, &was);
    if ((ep = epoll_create1(EPOLL_CLOEXEC)) < 0 ||
        (sfd = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK)) < 0 ||
        (tfd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) <
            0) {
        rc = -errno;
        goto end;
    }
    if (add(ep, sfd, 0) || add(ep, tfd, 1) ||
        (stop_fd >= 0 && add(ep, stop_fd, 2))) {
        rc = -errno;
        goto end;
    }
    for (int i = 0; i < n; ++i) {
        if ((rc = launch(c, i)) != 0)
            goto end;
        ++live;
    }
    while (live > 0) {
        struct epoll_event ev[3];
        int k = epoll_wait(ep, ev, 3, -1);
        if (k < 0) {
            if (errno == EINTR)
                continue;
            rc = -errno;
            goto end;
        }
        for (int e = 0; e < k; ++e) {
            if (ev[e].data.u32 == 2) {
                stopped = 1;
                epoll_ctl(ep, EPOLL_CTL_DEL, stop_fd, NULL);
                everybody(n, SIGTERM);
                struct itimerspec its = {
                    .it_value = {grace_ms / 1000, grace_ms % 1000 * 1000000L}};
                if (grace_ms == 0)
                    its.it_value.tv_nsec = 1;
                timerfd_settime(tfd, 0, &its, NULL);
            } else if (ev[e].data.u32 == 1) {
                unsigned long long x;
                (void)!read(tfd, &x, sizeof x);
                everybody(n, SIGKILL);
            }
        }
        struct signalfd_siginfo si;
        while (read(sfd, &si, sizeof si) > 0)
            ;
        for (int i = 0; i < n; ++i) {
            int w;
            if (slot[i].pid == 0 ||
                waitpid(slot[i].pid, &w, WNOHANG) != slot[i].pid)
                continue;
            slot[i].pid = 0;
            --live;
            if (w == 0)
                ++st->clean_exits;
            else if (!stopped && slot[i].starts <= max_restarts) {
                if ((rc = launch(c, i)) != 0)
                    goto end;
                ++live;
                ++st->restarts;
            } else if (!stopped)
                ++st->gave_up;
        }
    }
end:
    everybody(n, SIGKILL);
    for (int i = 0; i < n; ++i)
        if (slot[i].pid > 0) {
            while (waitpid(slot[i].pid, NULL, 0) < 0 && errno == EINTR)
                ;
            slot[i].pid = 0;
        }
    if (ep >= 0)
        close(ep);
    if (sfd >= 0)
        close(sfd);
    if (tfd >= 0)
        close(tfd);
    struct timespec zero = {0, 0};
    while (sigtimedwait(&chld, NULL, &zero) > 0)
        ;
    sigaction(SIGCHLD, &was, NULL);
    sigprocmask(SIG_SETMASK, &old, NULL);
    return rc;
}
