// Design: memory files in place of pipes, so that nobody is ever held up;
// started by posix_spawnp, which reports exec's error; the end is polled by its
// pidfd.
// SPDX-License-Identifier: MIT
#include "run_command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static long long clock_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

// Out of the way of 0, 1 and 2.
static int memory_file(void) {
    int fd = memfd_create("run_command", MFD_CLOEXEC);
    if (fd < 0 || fd > 2)
        return fd;
    int high = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    close(fd);
    return high;
}

static int fill(int fd, const char *bytes, size_t n) {
    while (n > 0) {
        ssize_t done = write(fd, bytes, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -errno;
        bytes += done;
        n -= (size_t)done;
    }
    return lseek(fd, 0, SEEK_SET) < 0 ? -errno : 0;
}

static int fetch(int fd, char **bytes, size_t *len) {
    struct stat st;
    if (fstat(fd, &st) != 0)
        return -errno;
    size_t n = (size_t)st.st_size, got = 0;
    char *room = malloc(n + 1);
    if (room == NULL)
        return -ENOMEM;
    while (got < n) {
        ssize_t one = pread(fd, room + got, n - got, (off_t)got);
        if (one < 0 && errno == EINTR)
            continue;
        if (one <= 0)
            break;
        got += (size_t)one;
    }
    room[got] = '\0';
    *bytes = room;
    *len = got;
    return 0;
}

static int spawn(pid_t *pid, char *const argv[], const int fds[3]) {
    posix_spawn_file_actions_t actions;
    int rc = posix_spawn_file_actions_init(&actions);
    if (rc != 0)
        return -rc;
    for (int i = 0; i < 3 && rc == 0; i++)
        rc = posix_spawn_file_actions_adddup2(&actions, fds[i], i);
    if (rc == 0)
        rc = posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return -rc;
}

static int wait_for_end(pid_t pid, long long end) {
    int fd = pidfd_open(pid, 0);
    if (fd < 0)
        return -errno;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int rc = -ETIMEDOUT;
    for (;;) {
        long long left = end < 0 ? 1000000 : end - clock_ms();
        if (left <= 0)
            break;
        if (poll(&p, 1, left > 1000000 ? 1000000 : (int)left) > 0) {
            rc = 0;
            break;
        }
    }
    close(fd);
    return rc;
}

static int run_with(const int fds[3], char *const argv[], long long end,
                    struct run *r) {
    pid_t pid;
    int rc = spawn(&pid, argv, fds);
    if (rc != 0)
        return rc;
    int status = 0;
    rc = wait_for_end(pid, end);
    if (rc != 0)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    r->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    r->term_signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (rc != 0 && rc != -ETIMEDOUT)
        return rc;
    int out = fetch(fds[1], &r->out, &r->out_len);
    int err = out == 0 ? fetch(fds[2], &r->err, &r->err_len) : out;
    if (err != 0) {
        run_free(r);
        return err;
    }
    return rc;
}

int run_command(char *const argv[], const void *in, size_t in_len,
                long timeout_ms, struct run *r) {
    long long end = timeout_ms < 0 ? -1 : clock_ms() + timeout_ms;
    *r = (struct run){.exit_code = -1};
    int fds[3] = {-1, -1, -1}, rc = 0;
    for (int i = 0; i < 3 && rc == 0; i++)
        if ((fds[i] = memory_file()) < 0)
            rc = -errno;
    if (rc == 0)
        rc = fill(fds[0], in, in_len);
    if (rc == 0)
        rc = run_with(fds, argv, end, r);
    for (int i = 0; i < 3; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    return rc;
}

void run_free(struct run *r) {
    free(r->out);
    free(r->err);
    r->out = NULL;
    r->err = NULL;
    r->out_len = 0;
    r->err_len = 0;
}
