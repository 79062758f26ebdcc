// Design: a thread for each direction, blocking calls; the program's end is
// waited for through its pidfd; exec's error through a pipe.
// SPDX-License-Identifier: MIT
#include "run_command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct reader {
    pthread_t thread;
    bool started;
    int fd;
    char *bytes;
    size_t len, room;
    int error;
};

struct writer {
    pthread_t thread;
    bool started;
    int fd;
    const char *bytes;
    size_t len;
};

static void *read_all(void *arg) {
    struct reader *r = arg;
    for (;;) {
        if (r->room - r->len < 2) {
            char *more = realloc(r->bytes, r->room * 2);
            if (more == NULL) {
                r->error = -ENOMEM;
                close(r->fd); // whoever writes on gets a SIGPIPE
                r->fd = -1;
                return NULL;
            }
            r->bytes = more;
            r->room *= 2;
        }
        ssize_t n = read(r->fd, r->bytes + r->len, r->room - r->len - 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return NULL;
        r->len += (size_t)n;
    }
}

static void *write_all(void *arg) {
    struct writer *w = arg;
    while (w->len > 0) {
        ssize_t n = send(w->fd, w->bytes, w->len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break;
        w->bytes += n;
        w->len -= (size_t)n;
    }
    shutdown(w->fd, SHUT_WR);
    return NULL;
}

static void shut(int *fd) {
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static _Noreturn void child(int in, int out, int err, int tell,
                            char *const argv[]) {
    in = fcntl(in, F_DUPFD_CLOEXEC, 10);
    out = fcntl(out, F_DUPFD_CLOEXEC, 10);
    err = fcntl(err, F_DUPFD_CLOEXEC, 10);
    tell = fcntl(tell, F_DUPFD_CLOEXEC, 10);
    dup2(in, 0);
    dup2(out, 1);
    dup2(err, 2);
    execvp(argv[0], argv);
    int code = errno;
    while (write(tell, &code, sizeof code) < 0 && errno == EINTR)
        ;
    _exit(127);
}

static long long now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

// True if the program has ended, false if time was up first.
static bool ends_by(int pidfd, long long end) {
    for (;;) {
        int ms = -1;
        if (end >= 0) {
            long long left = end - now_ms();
            if (left <= 0)
                return false;
            ms = left > 1000000 ? 1000000 : (int)left;
        }
        struct pollfd p = {.fd = pidfd, .events = POLLIN};
        if (poll(&p, 1, ms) > 0)
            return true;
    }
}

// What is watched while the threads work: the end, then their ends.
static int attend(pid_t pid, struct writer *writer, long long end,
                  int *status) {
    int rc = 0, pidfd = pidfd_open(pid, 0);
    if (pidfd < 0)
        rc = -errno;
    else if (!ends_by(pidfd, end))
        rc = -ETIMEDOUT;
    if (rc != 0)
        kill(pid, SIGKILL);
    while (waitpid(pid, status, 0) < 0 && errno == EINTR)
        ;
    shutdown(writer->fd, SHUT_RDWR); // nobody reads it any more
    if (pidfd >= 0)
        close(pidfd);
    return rc;
}

static int start_threads(struct reader *readers, struct writer *writer) {
    for (int i = 0; i < 2; i++) {
        if (pthread_create(&readers[i].thread, NULL, read_all, &readers[i]))
            return -EAGAIN;
        readers[i].started = true;
    }
    if (pthread_create(&writer->thread, NULL, write_all, writer))
        return -EAGAIN;
    writer->started = true;
    return 0;
}

int run_command(char *const argv[], const void *in, size_t in_len,
                long timeout_ms, struct run *r) {
    long long end = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
    int fds[8] = {-1, -1, -1, -1, -1, -1, -1, -1};
    struct reader readers[2] = {{.fd = -1}, {.fd = -1}};
    struct writer writer = {.fd = -1, .bytes = in, .len = in_len};
    int status = 0, rc = 0;
    memset(r, 0, sizeof *r);
    r->exit_code = -1;
    for (int i = 0; i < 2; i++) {
        readers[i].room = 4096;
        readers[i].bytes = malloc(readers[i].room);
        if (readers[i].bytes == NULL)
            rc = -ENOMEM;
    }
    if (rc == 0 &&
        (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, &fds[0]) != 0 ||
         pipe2(&fds[2], O_CLOEXEC) != 0 || pipe2(&fds[4], O_CLOEXEC) != 0 ||
         pipe2(&fds[6], O_CLOEXEC) != 0))
        rc = -errno;
    pid_t pid = -1;
    if (rc == 0) {
        pid = fork();
        if (pid == 0)
            child(fds[0], fds[3], fds[5], fds[7], argv);
        if (pid < 0)
            rc = -errno;
    }
    shut(&fds[0]);
    shut(&fds[3]);
    shut(&fds[5]);
    shut(&fds[7]);
    if (pid > 0) {
        int code = 0;
        ssize_t n;
        while ((n = read(fds[6], &code, sizeof code)) < 0 && errno == EINTR)
            ;
        readers[0].fd = fds[2];
        readers[1].fd = fds[4];
        writer.fd = fds[1];
        if (n == (ssize_t)sizeof code)
            rc = -code;
        else
            rc = start_threads(readers, &writer);
        if (rc != 0) {
            kill(pid, SIGKILL);
            while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
                ;
            if (writer.fd >= 0)
                shutdown(writer.fd, SHUT_RDWR);
        } else {
            rc = attend(pid, &writer, end, &status);
        }
        if (writer.started)
            pthread_join(writer.thread, NULL);
        for (int i = 0; i < 2; i++) {
            if (readers[i].started)
                pthread_join(readers[i].thread, NULL);
            if (readers[i].error != 0)
                rc = readers[i].error;
            fds[2 + 2 * i] = readers[i].fd;
        }
        r->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        r->term_signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    }
    shut(&fds[1]);
    shut(&fds[2]);
    shut(&fds[4]);
    shut(&fds[6]);
    if (rc == 0 || rc == -ETIMEDOUT) {
        readers[0].bytes[readers[0].len] = '\0';
        readers[1].bytes[readers[1].len] = '\0';
        r->out = readers[0].bytes;
        r->out_len = readers[0].len;
        r->err = readers[1].bytes;
        r->err_len = readers[1].len;
        return rc;
    }
    free(readers[0].bytes);
    free(readers[1].bytes);
    return rc;
}

void run_free(struct run *r) {
    free(r->out);
    free(r->err);
    r->out = r->err = NULL;
    r->out_len = r->err_len = 0;
}
