// Design: recvmsg and sendmsg for everything, one function that moves a message
// in either direction.
// SPDX-License-Identifier: MIT
#include "io_exact.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "lib/lp.h"

typedef ssize_t (*mover)(int fd, struct msghdr *message);

static ssize_t take(int fd, struct msghdr *message) {
    return recvmsg(fd, message, MSG_DONTWAIT);
}

static ssize_t give(int fd, struct msghdr *message) {
    return sendmsg(fd, message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

// Moves at least LEAST bytes of VECTOR, unless the stream ends.
static ssize_t move(mover mover, int fd, short events, struct iovec vector,
                    size_t least, long deadline) {
    size_t moved = 0;
    while (moved < least) {
        struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
        ssize_t n = mover(fd, &message);
        if (n > 0) {
            moved += (size_t)n;
            vector.iov_base = (char *)vector.iov_base + n;
            vector.iov_len -= (size_t)n;
        } else if (n == 0) {
            break;
        } else if (errno == EAGAIN) {
            long now = lp_now();
            long left = deadline < 0      ? -1
                        : deadline <= now ? 0
                                          : deadline - now;
            int rc = lp_wait_fd(fd, events, left);
            if (rc < 0)
                return rc;
        } else if (errno != EINTR) {
            return -errno;
        }
    }
    return (ssize_t)moved;
}

ssize_t io_read_exact(int fd, void *buf, size_t n, long deadline) {
    return move(take, fd, POLLIN, (struct iovec){buf, n}, n, deadline);
}

ssize_t io_write_all(int fd, const void *buf, size_t n, long deadline) {
    return move(give, fd, POLLOUT, (struct iovec){(void *)buf, n}, n, deadline);
}

long long io_relay(int from, int to, long deadline) {
    char own[4096];
    long long sum = 0;
    ssize_t n;
    while ((n = move(take, from, POLLIN, (struct iovec){own, sizeof own}, 1,
                     deadline)) > 0) {
        ssize_t rc = io_write_all(to, own, (size_t)n, deadline);
        if (rc < 0)
            return rc;
        sum += n;
    }
    return n < 0 ? n : sum;
}
