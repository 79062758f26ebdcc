// Design: nothing blocks and nothing is polled; when nothing moved, it sleeps
// for a millisecond. Three socket pairs.
// SPDX-License-Identifier: MIT
#include "run_command.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static long long ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}
struct buf {
    char *p;
    size_t n, cap;
    int fd;
};
static int pull(struct buf *b) { /* 1 moved, 0 nothing, -1 eof, -2 nomem */
    if (b->fd < 0)
        return 0;
    if (b->n + 1 >= b->cap) {
        size_t c = b->cap ? b->cap * 2 : 4096;
        char *q = realloc(b->p, c);
        if (!q)
            return -2;
        b->p = q;
        b->cap = c;
    }
    ssize_t k = recv(b->fd, b->p + b->n, b->cap - b->n - 1, MSG_DONTWAIT);
    if (k > 0) {
        b->n += (size_t)k;
        return 1;
    }
    if (k < 0 && (errno == EINTR))
        return 1;
    if (k < 0 && errno == EAGAIN)
        return 0;
    close(b->fd);
    b->fd = -1;
    return -1;
}
int run_command(char *const argv[], const void *in, size_t in_len,
                long timeout_ms, struct run *r) {
    int rc = 0, s[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}}, e[2] = {-1, -1};
    long long start = ms();
    struct buf b[2] = {{.fd = -1}, {.fd = -1}};
    pid_t pid = -1;
    int status = 0, reaped = 0;
    const char *p = in;
    size_t left = in_len;
    memset(r, 0, sizeof *r);
    r->exit_code = -1;
    for (int i = 0; i < 2; i++) {
        b[i].p = malloc(b[i].cap = 4096);
        if (!b[i].p) {
            rc = -ENOMEM;
            goto out;
        }
    }
    for (int i = 0; i < 3; i++)
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s[i])) {
            rc = -errno;
            s[i][0] = s[i][1] = -1;
            goto out;
        }
    if (pipe2(e, O_CLOEXEC)) {
        rc = -errno;
        e[0] = e[1] = -1;
        goto out;
    }
    pid = fork();
    if (pid < 0) {
        rc = -errno;
        goto out;
    }
    if (pid == 0) {
        int f[4];
        for (int i = 0; i < 3; i++)
            f[i] = fcntl(s[i][1], F_DUPFD_CLOEXEC, 5);
        f[3] = fcntl(e[1], F_DUPFD_CLOEXEC, 5);
        for (int i = 0; i < 3; i++)
            dup2(f[i], i);
        execvp(argv[0], argv);
        int x = errno;
        while (write(f[3], &x, sizeof x) < 0 && errno == EINTR)
            ;
        _exit(127);
    }
    for (int i = 0; i < 3; i++) {
        close(s[i][1]);
        s[i][1] = -1;
    }
    close(e[1]);
    e[1] = -1;
    int x = 0;
    ssize_t k;
    while ((k = read(e[0], &x, sizeof x)) < 0 && errno == EINTR)
        ;
    if (k == sizeof x) {
        rc = -x;
        goto out;
    }
    b[0].fd = s[1][0];
    b[1].fd = s[2][0];
    s[1][0] = s[2][0] = -1;
    while (!reaped || b[0].fd >= 0 || b[1].fd >= 0) {
        int moved = 0;
        if (timeout_ms >= 0 && ms() - start >= timeout_ms) {
            rc = -ETIMEDOUT;
            break;
        }
        if (s[0][0] >= 0) {
            if (left) {
                k = send(s[0][0], p, left, MSG_DONTWAIT | MSG_NOSIGNAL);
                if (k > 0) {
                    p += k;
                    left -= (size_t)k;
                    moved = 1;
                } else if (errno != EAGAIN && errno != EINTR)
                    left = 0;
            }
            if (!left) {
                close(s[0][0]);
                s[0][0] = -1;
            }
        }
        for (int i = 0; i < 2; i++) {
            int m = pull(&b[i]);
            if (m == -2) {
                rc = -ENOMEM;
                goto out;
            }
            if (m)
                moved = 1;
        }
        if (!reaped) {
            pid_t w = waitpid(pid, &status, WNOHANG);
            if (w == pid) {
                reaped = moved = 1;
            }
        }
        if (!moved) {
            struct timespec t = {0, 1000000};
            nanosleep(&t, NULL);
        }
    }
out:
    if (pid > 0 && !reaped) {
        if (rc)
            kill(pid, SIGKILL);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
    }
    if (rc == -ETIMEDOUT)
        for (int i = 0; i < 2; i++) {
            int m;
            while (b[i].fd >= 0 && (m = pull(&b[i])) != 0)
                if (m == -2) {
                    rc = -ENOMEM;
                    break;
                }
        }
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 2; j++)
            if (s[i][j] >= 0)
                close(s[i][j]);
    for (int j = 0; j < 2; j++) {
        if (e[j] >= 0)
            close(e[j]);
        if (b[j].fd >= 0)
            close(b[j].fd);
    }
    if (pid > 0 && (rc == 0 || rc == -ETIMEDOUT)) {
        if (WIFSIGNALED(status))
            r->term_signal = WTERMSIG(status);
        else
            r->exit_code = WEXITSTATUS(status);
    }
    if (rc && rc != -ETIMEDOUT) {
        free(b[0].p);
        free(b[1].p);
        return rc;
    }
    b[0].p[b[0].n] = b[1].p[b[1].n] = 0;
    r->out = b[0].p;
    r->out_len = b[0].n;
    r->err = b[1].p;
    r->err_len = b[1].n;
    return rc;
}
void run_free(struct run *r) {
    free(r->out);
    free(r->err);
    r->out = r->err = NULL;
    r->out_len = r->err_len = 0;
}
