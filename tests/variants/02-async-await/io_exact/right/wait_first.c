// Design: awaits readiness before every call; SIGPIPE is ignored for the whole
// process, so plain write() will do.
// SPDX-License-Identifier: MIT
#include "io_exact.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

#include "lib/lp.h"

static bool again(void) {
    return errno == EAGAIN || errno == EINTR;
}

static int ready(int fd, short events, long deadline) {
    long ms = -1;
    if (deadline >= 0) {
        ms = deadline - lp_now();
        if (ms < 0)
            ms = 0;
    }
    return lp_wait_fd(fd, events, ms);
}

ssize_t io_read_exact(int fd, void *buf, size_t n, long deadline) {
    char *next = buf;
    char *end = next + n;
    while (next != end) {
        int rc = ready(fd, POLLIN, deadline);
        if (rc)
            return rc;
        ssize_t got = read(fd, next, (size_t)(end - next));
        if (got == 0)
            break;
        if (got > 0)
            next += got;
        else if (!again())
            return -errno;
    }
    return next - (char *)buf;
}

ssize_t io_write_all(int fd, const void *buf, size_t n, long deadline) {
    signal(SIGPIPE, SIG_IGN);
    const char *next = buf;
    const char *end = next + n;
    while (next != end) {
        int rc = ready(fd, POLLOUT, deadline);
        if (rc)
            return rc;
        ssize_t put = write(fd, next, (size_t)(end - next));
        if (put >= 0)
            next += put;
        else if (!again())
            return -errno;
    }
    return (ssize_t)n;
}

long long io_relay(int from, int to, long deadline) {
    char buffer[1000];
    long long sum = 0;
    for (;;) {
        int rc = ready(from, POLLIN, deadline);
        if (rc)
            return rc;
        ssize_t got = read(from, buffer, sizeof buffer);
        if (got == 0)
            return sum;
        if (got < 0 && again())
            continue;
        if (got < 0)
            return -errno;
        ssize_t put = io_write_all(to, buffer, (size_t)got, deadline);
        if (put < 0)
            return put;
        sum += put;
    }
}
