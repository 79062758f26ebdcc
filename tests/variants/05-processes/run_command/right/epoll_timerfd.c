// Design: epoll on the pipes, a pidfd and a timerfd. Another thread's child may
// hold a closed descriptor's twin for a moment, so epoll may still speak of it.
// SPDX-License-Identifier: MIT
#include "run_command.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>
struct ctx {
    int fd[9];
    int ep;
    pid_t pid;
    char *buf[2];
    size_t len[2], cap[2];
    const char *in;
    size_t left;
    int status, open, ended, rc;
};
enum { CIN, PIN, POUT, COUT, PERR, CERR, PID, TIMER, TELL };
static void shut(int *fd) {
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}
static int add(struct ctx *c, int which, uint32_t ev) {
    struct epoll_event e = {ev, {.u32 = (uint32_t)which}};
    return epoll_ctl(c->ep, EPOLL_CTL_ADD, c->fd[which], &e);
}
static void gobble(struct ctx *c, int which) {
    int i = which == PERR;
    for (;;) {
        if (c->cap[i] - c->len[i] < 1025) {
            char *b = realloc(c->buf[i], c->cap[i] + 65536);
            if (!b) {
                c->rc = -ENOMEM;
                return;
            }
            c->buf[i] = b;
            c->cap[i] += 65536;
        }
        ssize_t n = read(c->fd[which], c->buf[i] + c->len[i],
                         c->cap[i] - c->len[i] - 1);
        if (n > 0)
            c->len[i] += (size_t)n;
        else if (n == 0) {
            shut(&c->fd[which]);
            c->open--;
            return;
        } else if (errno == EAGAIN)
            return;
        else if (errno != EINTR) {
            c->rc = -errno;
            return;
        }
    }
}
static void feed(struct ctx *c) {
    while (c->left) {
        ssize_t n = send(c->fd[PIN], c->in, c->left, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0)
            break;
        c->in += n;
        c->left -= (size_t)n;
    }
    shut(&c->fd[PIN]);
}
static int setup(struct ctx *c, long timeout) {
    for (int i = 0; i < 2; i++)
        if (!(c->buf[i] = malloc(c->cap[i] = 4096)))
            return -ENOMEM;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, &c->fd[CIN]))
        return -errno;
    if (pipe2(&c->fd[POUT], O_CLOEXEC) || pipe2(&c->fd[PERR], O_CLOEXEC))
        return -errno;
    static const int mine[] = {PIN, POUT, PERR};
    for (int i = 0; i < 3; i++)
        fcntl(c->fd[mine[i]], F_SETFL, O_NONBLOCK);
    if ((c->ep = epoll_create1(EPOLL_CLOEXEC)) < 0)
        return -errno;
    if (timeout > 0) {
        if ((c->fd[TIMER] = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)) < 0)
            return -errno;
        struct itimerspec t = {
            .it_value = {timeout / 1000, timeout % 1000 * 1000000}};
        if (timerfd_settime(c->fd[TIMER], 0, &t, NULL))
            return -errno;
        if (add(c, TIMER, EPOLLIN))
            return -errno;
    }
    return 0;
}
static int launch(struct ctx *c, char *const argv[]) {
    int tell[2];
    if (pipe2(tell, O_CLOEXEC))
        return -errno;
    if ((c->pid = fork()) == 0) {
        int a = fcntl(c->fd[CIN], F_DUPFD_CLOEXEC, 3),
            b = fcntl(c->fd[COUT], F_DUPFD_CLOEXEC, 3),
            d = fcntl(c->fd[CERR], F_DUPFD_CLOEXEC, 3),
            t = fcntl(tell[1], F_DUPFD_CLOEXEC, 3);
        if (dup2(a, 0) == 0 && dup2(b, 1) == 1 && dup2(d, 2) == 2)
            execvp(argv[0], argv);
        char e = (char)errno;
        while (write(t, &e, 1) != 1)
            ;
        _exit(0);
    }
    int err = c->pid < 0 ? -errno : 0;
    close(tell[1]);
    char e = 0;
    if (c->pid > 0)
        while (read(tell[0], &e, 1) < 0 && errno == EINTR)
            ;
    close(tell[0]);
    shut(&c->fd[CIN]);
    shut(&c->fd[COUT]);
    shut(&c->fd[CERR]);
    return err ? err : -e;
}
int run_command(char *const argv[], const void *in, size_t in_len,
                long timeout_ms, struct run *r) {
    struct ctx c = {.ep = -1, .pid = -1, .in = in, .left = in_len, .open = 2};
    for (int i = 0; i < 9; i++)
        c.fd[i] = -1;
    *r = (struct run){0};
    r->exit_code = -1;
    c.rc = setup(&c, timeout_ms);
    if (!c.rc)
        c.rc = launch(&c, argv);
    if (!c.rc && (c.fd[PID] = pidfd_open(c.pid, 0)) < 0)
        c.rc = -errno;
    if (!c.rc && (add(&c, PIN, EPOLLOUT) || add(&c, POUT, EPOLLIN) ||
                  add(&c, PERR, EPOLLIN) || add(&c, PID, EPOLLIN)))
        c.rc = -errno;
    while (!c.rc && (c.open || !c.ended)) {
        struct epoll_event ev[8];
        int n = epoll_wait(c.ep, ev, 8, -1);
        if (n < 0 && errno != EINTR)
            c.rc = -errno;
        for (int i = 0; i < n; i++)
            if (ev[i].data.u32 == TIMER)
                c.rc = -ETIMEDOUT;
        for (int i = 0; i < n && !c.rc; i++)
            switch (ev[i].data.u32) {
            case PIN:
                if (c.fd[PIN] >= 0)
                    feed(&c);
                break;
            case POUT:
            case PERR:
                if (c.fd[ev[i].data.u32] >= 0)
                    gobble(&c, (int)ev[i].data.u32);
                break;
            case PID:
                c.ended = 1;
                shut(&c.fd[PID]);
                break;
            }
    }
    if (c.pid > 0) {
        if (c.rc)
            kill(c.pid, SIGKILL);
        while (waitpid(c.pid, &c.status, 0) < 0 && errno == EINTR)
            ;
        if (WIFSIGNALED(c.status))
            r->term_signal = WTERMSIG(c.status);
        else
            r->exit_code = WEXITSTATUS(c.status);
    }
    if (c.rc == -ETIMEDOUT) {
        c.rc = 0;
        if (c.fd[POUT] >= 0)
            gobble(&c, POUT);
        if (c.fd[PERR] >= 0 && !c.rc)
            gobble(&c, PERR);
        if (!c.rc)
            c.rc = -ETIMEDOUT;
    }
    for (int i = 0; i < 9; i++)
        shut(&c.fd[i]);
    shut(&c.ep);
    if (c.rc == 0 || c.rc == -ETIMEDOUT) {
        c.buf[0][c.len[0]] = c.buf[1][c.len[1]] = 0;
        r->out = c.buf[0];
        r->out_len = c.len[0];
        r->err = c.buf[1];
        r->err_len = c.len[1];
    } else {
        free(c.buf[0]);
        free(c.buf[1]);
    }
    return c.rc;
}
void run_free(struct run *r) {
    free(r->out);
    r->out = NULL;
    free(r->err);
    r->err = NULL;
}
