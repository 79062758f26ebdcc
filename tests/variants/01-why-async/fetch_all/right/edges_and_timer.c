// Edge-triggered epoll; a timerfd among the sockets is the deadline.
// SPDX-License-Identifier: MIT
#include "fetch_all.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>
int fetch_all(const int *fds, int n, const char *req, char (*reply)[64],
              unsigned char *done, int timeout_ms) {
    int rc = 0, ep = -1, tf = -1, open = 0;
    size_t *len = NULL;
    size_t rl = strlen(req);
    if (n == 0)
        return 0;
    len = calloc(n, sizeof *len);
    if (!len)
        return -ENOMEM;
    if ((ep = epoll_create1(EPOLL_CLOEXEC)) < 0) {
        rc = -errno;
        goto out;
    }
    if (timeout_ms > 0) {
        tf = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
        if (tf < 0) {
            rc = -errno;
            goto out;
        }
        struct itimerspec its = {
            .it_value = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L}};
        timerfd_settime(tf, 0, &its, NULL);
        struct epoll_event ev = {.events = EPOLLIN, .data.u64 = UINT64_MAX};
        if (epoll_ctl(ep, EPOLL_CTL_ADD, tf, &ev) < 0) {
            rc = -errno;
            goto out;
        }
    }
    for (int i = 0; i < n; i++) {
        done[i] = 0;
        reply[i][0] = 0;
        size_t off = 0;
        int bad = 0;
        while (off < rl) {
            ssize_t w = send(fds[i], req + off, rl - off, MSG_NOSIGNAL);
            if (w < 0) {
                if (errno == EINTR)
                    continue;
                bad = 1;
                break;
            }
            off += w;
        }
        if (bad)
            continue;
        struct epoll_event ev = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET,
                                 .data.u64 = i};
        if (epoll_ctl(ep, EPOLL_CTL_ADD, fds[i], &ev) < 0) {
            rc = -errno;
            goto out;
        }
        open++;
    }
    int expired = 0;
    while (open > 0 && !expired) {
        struct epoll_event evs[8];
        int k = epoll_wait(ep, evs, 8, timeout_ms == 0 ? 0 : -1);
        if (k < 0) {
            if (errno == EINTR)
                continue;
            rc = -errno;
            goto out;
        }
        if (k == 0)
            break;
        for (int j = 0; j < k; j++) {
            if (evs[j].data.u64 == UINT64_MAX) {
                expired = 1;
                continue;
            }
            int i = evs[j].data.u64;
            for (;;) {
                ssize_t r = recv(fds[i], reply[i] + len[i],
                                 63 - len[i] ? 63 - len[i] : 1, MSG_DONTWAIT);
                if (r > 0) {
                    len[i] += r;
                    reply[i][len[i] > 63 ? 63 : len[i]] = 0;
                    continue;
                }
                if (r < 0 && errno == EINTR)
                    continue;
                if (r < 0 && (errno == EAGAIN))
                    break;
                if (r == 0) {
                    done[i] = 1;
                    rc++;
                }
                epoll_ctl(ep, EPOLL_CTL_DEL, fds[i], NULL);
                open--;
                break;
            }
        }
    }
out:
    free(len);
    if (tf >= 0)
        close(tf);
    if (ep >= 0)
        close(ep);
    return rc;
}
