// Design: the relay gathers all that is there before it writes; readv, sendmsg,
// one way out.
// SPDX-License-Identifier: MIT
#include "io_exact.h"
#include "lib/lp.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
static long rest(long d) {
    return d < 0 ? -1 : d > lp_now() ? d - lp_now() : 0;
}
ssize_t io_read_exact(int fd, void *buf, size_t n, long deadline) {
    size_t have = 0;
    while (have != n) {
        struct iovec v[2] = {
            {(char *)buf + have, (n - have) / 2},
            {(char *)buf + have + (n - have) / 2, n - have - (n - have) / 2}};
        ssize_t k = readv(fd, v, 2);
        if (k > 0)
            have += (size_t)k;
        else if (k == 0)
            return (ssize_t)have;
        else if (errno == EAGAIN) {
            int rc = lp_wait_fd(fd, POLLIN, rest(deadline));
            if (rc < 0)
                return rc;
        } else if (errno != EINTR)
            return -errno;
    }
    return (ssize_t)n;
}
ssize_t io_write_all(int fd, const void *buf, size_t n, long deadline) {
    size_t have = 0;
    while (have != n) {
        struct iovec v = {(char *)buf + have, n - have};
        struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
        ssize_t k = sendmsg(fd, &m, MSG_NOSIGNAL);
        if (k > 0)
            have += (size_t)k;
        else if (errno == EAGAIN) {
            int rc = lp_wait_fd(fd, POLLOUT, rest(deadline));
            if (rc < 0)
                return rc;
        } else if (errno != EINTR)
            return -errno;
    }
    return (ssize_t)n;
}
long long io_relay(int from, int to, long deadline) {
    long long rc = 0, sum = 0;
    size_t room = 512, used = 0;
    char *b = malloc(room);
    if (!b)
        return -ENOMEM;
    int eof = 0, err = 0;
    while (!eof && !err) {
        ssize_t k = read(from, b + used, room - used);
        if (k > 0) {
            used += (size_t)k;
            if (used == room && room < 65536) {
                char *c = realloc(b, room * 2);
                if (!c) {
                    rc = -ENOMEM;
                    goto out;
                }
                b = c;
                room *= 2;
                continue;
            }
            if (used < room)
                continue;
        } else if (k == 0)
            eof = 1;
        else if (errno == EINTR)
            continue;
        else if (errno != EAGAIN)
            err = errno;
        else if (used == 0) {
            if ((rc = lp_wait_fd(from, POLLIN, rest(deadline))) < 0)
                goto out;
            continue;
        }
        if (used) {
            rc = io_write_all(to, b, used, deadline);
            if (rc < 0)
                goto out;
            sum += rc;
            used = 0;
        }
    }
    rc = err ? -err : sum;
out:
    free(b);
    return rc;
}
