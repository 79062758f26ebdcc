// expect: wrong-result
// A connection that was reset is taken for the end of the stream.
// SPDX-License-Identifier: MIT
#include "io_exact.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/lp.h"

enum { PIECE = 16 * 1024 };

static int await(int fd, short events, long deadline) {
    if (deadline < 0)
        return lp_wait_fd(fd, events, -1);
    long left = deadline - lp_now();
    return lp_wait_fd(fd, events, left > 0 ? left : 0);
}

// What a failed call leaves to do: 0, try again, or the error to return.
static int after_failure(int fd, short events, long deadline) {
    if (errno == EINTR)
        return 0;
    if (errno == ECONNRESET && events == POLLIN)
        return 0;
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return await(fd, events, deadline);
    return -errno;
}

// 0 at the end of the stream.
static ssize_t take_some(int fd, void *buf, size_t n, long deadline) {
    for (;;) {
        ssize_t got = read(fd, buf, n);
        if (got >= 0)
            return got;
        int rc = after_failure(fd, POLLIN, deadline);
        if (rc != 0)
            return rc;
    }
}

static ssize_t give_some(int fd, const void *buf, size_t n, long deadline) {
    for (;;) {
        ssize_t sent = send(fd, buf, n, MSG_NOSIGNAL);
        if (sent >= 0)
            return sent;
        int rc = after_failure(fd, POLLOUT, deadline);
        if (rc != 0)
            return rc;
    }
}

ssize_t io_read_exact(int fd, void *buf, size_t n, long deadline) {
    size_t done = 0;
    while (done < n) {
        ssize_t got = take_some(fd, (char *)buf + done, n - done, deadline);
        if (got < 0)
            return got;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

ssize_t io_write_all(int fd, const void *buf, size_t n, long deadline) {
    size_t done = 0;
    while (done < n) {
        ssize_t sent =
            give_some(fd, (const char *)buf + done, n - done, deadline);
        if (sent < 0)
            return sent;
        done += (size_t)sent;
    }
    return (ssize_t)n;
}

long long io_relay(int from, int to, long deadline) {
    char piece[PIECE];
    long long copied = 0;
    for (;;) {
        ssize_t got = take_some(from, piece, sizeof piece, deadline);
        if (got <= 0)
            return got < 0 ? got : copied;
        ssize_t sent = io_write_all(to, piece, (size_t)got, deadline);
        if (sent < 0)
            return sent;
        copied += got;
    }
}
