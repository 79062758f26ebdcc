// sendmsg and readv; the time left is rounded down, so the last millisecond of
// it is not slept through.
// SPDX-License-Identifier: MIT
#include "fetch_all.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
static long long ns(void) {
    struct timespec s;
    clock_gettime(CLOCK_MONOTONIC, &s);
    return s.tv_sec * 1000000000LL + s.tv_nsec;
}
int fetch_all(const int *fds, int n, const char *req, char (*reply)[64],
              unsigned char *done, int timeout_ms) {
    long long end = ns() + timeout_ms * 1000000LL;
    struct pollfd *p = malloc(sizeof *p * (n ? n : 1));
    if (!p)
        return -ENOMEM;
    int left = 0, ok = 0, polled = 0;
    for (int i = 0; i < n; i++) {
        done[i] = 0;
        memset(reply[i], 0, 64);
        p[i].fd = fds[i];
        p[i].events = POLLIN;
        struct iovec v = {(char *)req, strlen(req)};
        struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
        while (v.iov_len) {
            ssize_t k = sendmsg(fds[i], &m, MSG_NOSIGNAL);
            if (k < 0 && errno == EINTR)
                continue;
            if (k < 0) {
                p[i].fd = -1;
                break;
            }
            v.iov_base = (char *)v.iov_base + k;
            v.iov_len -= k;
        }
        left += p[i].fd >= 0;
    }
    while (left && (timeout_ms < 0 || ns() < end || !polled)) {
        long long rest = (end - ns()) / 1000000;
        polled = 1;
        int k = poll(p, n, timeout_ms < 0 ? -1 : rest < 0 ? 0 : (int)rest);
        if (k < 0) {
            if (errno == EINTR)
                continue;
            ok = -errno;
            break;
        }
        for (int i = 0; i < n; i++) {
            if (p[i].fd < 0 ||
                !(p[i].revents & (POLLIN | POLLERR | POLLHUP | POLLNVAL)))
                continue;
            size_t have = strlen(reply[i]);
            struct iovec v = {reply[i] + have, 63 - have + (have == 63)};
            ssize_t r = readv(fds[i], &v, 1);
            if (r > 0 || (r < 0 && errno == EINTR))
                continue;
            p[i].fd = ~p[i].fd;
            left--;
            if (r == 0) {
                done[i] = 1;
                ok++;
            }
        }
    }
    free(p);
    return ok;
}
