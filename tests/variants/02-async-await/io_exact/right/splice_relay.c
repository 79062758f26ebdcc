// Design: the relay moves pages through a pipe with splice(), so that the bytes
// never come into the process; the other two by recv and send.
// SPDX-License-Identifier: MIT
#include "io_exact.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/lp.h"

// 0: try again.
static int recover(int fd, short events, long deadline) {
    switch (errno) {
    case EINTR:
        return 0;
    case EAGAIN:
        if (deadline >= 0 && deadline <= lp_now())
            return -ETIMEDOUT;
        return lp_wait_fd(fd, events, deadline < 0 ? -1 : deadline - lp_now());
    default:
        return -errno;
    }
}

ssize_t io_read_exact(int fd, void *buf, size_t n, long deadline) {
    size_t have = 0;
    int rc = 0;
    while (rc == 0 && have < n) {
        ssize_t got = recv(fd, (char *)buf + have, n - have, 0);
        if (got == 0)
            break;
        if (got < 0)
            rc = recover(fd, POLLIN, deadline);
        else
            have += (size_t)got;
    }
    return rc != 0 ? rc : (ssize_t)have;
}

ssize_t io_write_all(int fd, const void *buf, size_t n, long deadline) {
    size_t gone = 0;
    int rc = 0;
    while (rc == 0 && gone < n) {
        ssize_t put =
            send(fd, (const char *)buf + gone, n - gone, MSG_NOSIGNAL);
        if (put < 0)
            rc = recover(fd, POLLOUT, deadline);
        else
            gone += (size_t)put;
    }
    return rc != 0 ? rc : (ssize_t)n;
}

static long long pump(int from, int to, const int pipe[2], long deadline) {
    const unsigned flags = SPLICE_F_NONBLOCK | SPLICE_F_MOVE;
    long long sum = 0;
    for (;;) {
        ssize_t in = splice(from, NULL, pipe[1], NULL, 65536, flags);
        if (in == 0)
            return sum;
        if (in < 0) {
            int rc = recover(from, POLLIN, deadline);
            if (rc != 0)
                return rc;
            continue;
        }
        for (ssize_t left = in; left > 0;) {
            ssize_t out = splice(pipe[0], NULL, to, NULL, (size_t)left, flags);
            int rc = out < 0 ? recover(to, POLLOUT, deadline) : 0;
            if (rc != 0)
                return rc;
            if (out > 0)
                left -= out;
        }
        sum += in;
    }
}

long long io_relay(int from, int to, long deadline) {
    int pipe[2];
    signal(SIGPIPE, SIG_IGN); // splice() has no flag for it
    if (pipe2(pipe, O_CLOEXEC | O_NONBLOCK) != 0)
        return -errno;
    long long result = pump(from, to, pipe, deadline);
    close(pipe[0]);
    close(pipe[1]);
    return result;
}
