// epoll remembers who is waited for; it says who is ready by index.
// SPDX-License-Identifier: MIT
#include "fetch_all.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static long now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool ask(int fd, const char *req) {
    size_t left = strlen(req);
    while (left > 0) {
        ssize_t count = send(fd, req, left, MSG_NOSIGNAL);
        if (count < 0 && errno != EINTR)
            return false;
        if (count > 0) {
            req += count;
            left -= (size_t)count;
        }
    }
    return true;
}

// One read of socket I. True if it is over.
static bool step(int fd, char *reply, unsigned char *done) {
    size_t length = strlen(reply);
    ssize_t count = read(fd, reply + length, 63 - length);
    if (count > 0)
        reply[length + (size_t)count] = '\0';
    if (count == 0)
        *done = 1;
    return count == 0 || (count < 0 && errno != EINTR);
}

static int wait_for_all(int set, const int *fds, char (*reply)[64],
                        unsigned char *done, int open, int timeout_ms) {
    long deadline = now_ms() + timeout_ms;
    while (open > 0) {
        struct epoll_event events[16];
        long left = deadline - now_ms();
        int wait = timeout_ms < 0 ? -1 : left > 0 ? (int)left : 0;
        int count = epoll_wait(set, events, 16, wait);
        if (count < 0 && errno != EINTR)
            return -errno;
        for (int k = 0; k < count; k++) {
            int i = (int)events[k].data.u32;
            if (step(fds[i], reply[i], &done[i])) {
                epoll_ctl(set, EPOLL_CTL_DEL, fds[i], NULL);
                open--;
            }
        }
        if (count == 0 || (timeout_ms > 0 && now_ms() >= deadline))
            break;
    }
    return 0;
}

int fetch_all(const int *fds, int n, const char *req, char (*reply)[64],
              unsigned char *done, int timeout_ms) {
    int set = epoll_create1(EPOLL_CLOEXEC), open = 0, count = 0;
    if (set < 0)
        return -errno;
    for (int i = 0; i < n; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (unsigned)i};
        reply[i][0] = done[i] = 0;
        if (ask(fds[i], req) &&
            epoll_ctl(set, EPOLL_CTL_ADD, fds[i], &event) == 0)
            open++;
    }
    int rc = wait_for_all(set, fds, reply, done, open, timeout_ms);
    close(set);
    for (int i = 0; i < n; i++)
        count += done[i];
    return rc < 0 ? rc : count;
}
