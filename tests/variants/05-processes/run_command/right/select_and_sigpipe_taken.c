// Design: select(); input through a pipe, with SIGPIPE blocked around each
// write and taken away if it came.
// SPDX-License-Identifier: MIT
#include "run_command.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
enum { CHUNK = 16384 };
struct out {
    int fd;
    char *buf;
    size_t len;
};
static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}
static int take(struct out *o) {
    char tmp[CHUNK];
    ssize_t n = read(o->fd, tmp, sizeof tmp);
    if (n < 0)
        return errno == EINTR || errno == EAGAIN ? 0 : -errno;
    if (n == 0) {
        close(o->fd);
        o->fd = -1;
        return 0;
    }
    char *b = realloc(o->buf, o->len + (size_t)n + 1);
    if (!b)
        return -ENOMEM;
    memcpy(b + o->len, tmp, (size_t)n);
    o->buf = b;
    o->len += (size_t)n;
    b[o->len] = 0;
    return 0;
}
static ssize_t quiet_write(int fd, const void *p, size_t n) {
    sigset_t pipe_only, old, pending;
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe_only, &old);
    ssize_t k = write(fd, p, n);
    int e = errno;
    if (k < 0 && e == EPIPE && !sigismember(&pending, SIGPIPE)) {
        struct timespec zero = {0, 0};
        while (sigtimedwait(&pipe_only, NULL, &zero) < 0 && errno == EINTR)
            ;
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    errno = e;
    return k;
}
int run_command(char *const argv[], const void *in, size_t in_len,
                long timeout_ms, struct run *r) {
    double begun = now();
    int p[4][2];
    memset(p, -1, sizeof p);
    struct out o[2] = {{-1, calloc(1, 1), 0}, {-1, calloc(1, 1), 0}};
    int rc = o[0].buf && o[1].buf ? 0 : -ENOMEM, status = 0;
    pid_t pid = 0;
    for (int i = 0; i < 4 && rc == 0; i++)
        if (pipe2(p[i], O_CLOEXEC) < 0) {
            rc = -errno;
            p[i][0] = p[i][1] = -1;
        }
    if (rc == 0 && (pid = fork()) < 0)
        rc = -errno, pid = 0;
    else if (rc == 0 && pid == 0) {
        int f[4] = {p[0][0], p[1][1], p[2][1], p[3][1]};
        for (int i = 0; i < 4; i++)
            while (f[i] < 3)
                f[i] = dup(f[i]);
        fcntl(f[3], F_SETFD, FD_CLOEXEC);
        for (int i = 0; i < 3; i++) {
            if (dup2(f[i], i) < 0)
                break;
        }
        for (int i = 0; i < 3; i++)
            fcntl(f[i], F_SETFD, FD_CLOEXEC);
        execvp(*argv, argv);
        int e = errno;
        (void)!write(f[3], &e, sizeof e);
        _exit(1);
    }
    if (pid > 0) {
        close(p[0][0]);
        close(p[1][1]);
        close(p[2][1]);
        close(p[3][1]);
        p[0][0] = p[1][1] = p[2][1] = p[3][1] = -1;
        int e;
        ssize_t n;
        do
            n = read(p[3][0], &e, sizeof e);
        while (n < 0 && errno == EINTR);
        if (n == sizeof e)
            rc = -e;
        fcntl(p[0][1], F_SETFL, O_NONBLOCK);
        o[0].fd = p[1][0];
        o[1].fd = p[2][0];
        p[1][0] = p[2][0] = -1;
        size_t done = 0;
        int ended = 0;
        while (rc == 0 && !(ended && o[0].fd < 0 && o[1].fd < 0)) {
            double left = timeout_ms < 0
                              ? 1e9
                              : (double)timeout_ms / 1000 - (now() - begun);
            if (left <= 0) {
                rc = -ETIMEDOUT;
                break;
            }
            if (p[0][1] >= 0 && done == in_len) {
                close(p[0][1]);
                p[0][1] = -1;
            }
            if (o[0].fd < 0 && o[1].fd < 0) {
                if (timeout_ms < 0) {
                    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
                        ;
                    ended = 1;
                    continue;
                }
                if (waitpid(pid, &status, WNOHANG) == pid) {
                    ended = 1;
                    continue;
                }
                struct timespec nap = {0, 2000000};
                nanosleep(&nap, NULL);
                continue;
            }
            fd_set rd, wr;
            FD_ZERO(&rd);
            FD_ZERO(&wr);
            int top = -1;
            for (int i = 0; i < 2; i++)
                if (o[i].fd >= 0) {
                    FD_SET(o[i].fd, &rd);
                    if (o[i].fd > top)
                        top = o[i].fd;
                }
            if (p[0][1] >= 0) {
                FD_SET(p[0][1], &wr);
                if (p[0][1] > top)
                    top = p[0][1];
            }
            if (left > 1000)
                left = 1000;
            struct timeval tv = {
                (time_t)left,
                (suseconds_t)((left - (double)(time_t)left) * 1e6)};
            int k = select(top + 1, &rd, &wr, NULL, &tv);
            if (k < 0) {
                if (errno == EINTR)
                    continue;
                rc = -errno;
                break;
            }
            if (p[0][1] >= 0 && FD_ISSET(p[0][1], &wr)) {
                ssize_t w = quiet_write(p[0][1], (const char *)in + done,
                                        in_len - done);
                if (w > 0)
                    done += (size_t)w;
                else if (errno != EINTR && errno != EAGAIN) {
                    close(p[0][1]);
                    p[0][1] = -1;
                }
            }
            for (int i = 0; i < 2 && rc == 0; i++)
                if (o[i].fd >= 0 && FD_ISSET(o[i].fd, &rd))
                    rc = take(&o[i]);
        }
        if (!ended) {
            kill(pid, SIGKILL);
            while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
                ;
        }
        for (int i = 0; i < 2; i++)
            while (rc == -ETIMEDOUT && o[i].fd >= 0) {
                int x = take(&o[i]);
                if (x < 0)
                    rc = x;
            }
    }
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 2; j++)
            if (p[i][j] >= 0)
                close(p[i][j]);
    for (int i = 0; i < 2; i++)
        if (o[i].fd >= 0)
            close(o[i].fd);
    int keep = rc == 0 || rc == -ETIMEDOUT;
    if (!keep) {
        free(o[0].buf);
        free(o[1].buf);
        o[0].buf = o[1].buf = NULL;
        o[0].len = o[1].len = 0;
    }
    *r = (struct run){
        .exit_code = keep && WIFEXITED(status) ? WEXITSTATUS(status) : -1,
        .term_signal = keep && WIFSIGNALED(status) ? WTERMSIG(status) : 0,
        .out = o[0].buf,
        .err = o[1].buf,
        .out_len = o[0].len,
        .err_len = o[1].len};
    return rc;
}
void run_free(struct run *r) {
    free(r->out);
    free(r->err);
    r->out = r->err = NULL;
}
