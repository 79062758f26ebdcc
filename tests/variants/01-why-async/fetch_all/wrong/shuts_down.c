// expect: wrong-result
// Ends its own side of each stream after asking.
// SPDX-License-Identifier: MIT
// Asks everybody first. Then poll() sleeps until somebody has something to say,
// and each round reads once from those who have. Who is over gets the
// descriptor -1, which poll() passes over.
#include "fetch_all.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { MOST = 63 }; // bytes of a reply

static long now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

// What is left until DEADLINE, for poll(); no limit if TIMEOUT_MS is negative.
static int left_ms(long deadline, int timeout_ms) {
    if (timeout_ms < 0)
        return -1;
    long left = deadline - now_ms();
    return left > 0 ? (int)left : 0;
}

static bool sent(int fd, const char *req) {
    for (size_t left = strlen(req); left > 0;) {
        ssize_t count = send(fd, req, left, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return false;
        req += count;
        left -= (size_t)count;
    }
    shutdown(fd, SHUT_WR);
    return true;
}

// Reads once. Sets *DONE at the end of the stream. False if it is over.
static bool read_some(int fd, char *reply, unsigned char *done) {
    size_t length = strlen(reply);
    ssize_t count = recv(fd, reply + length, MOST - length, 0);
    if (count < 0)
        return errno == EINTR;
    if (count == 0)
        *done = 1;
    else
        reply[length + (size_t)count] = '\0';
    return count > 0;
}

// Until nobody is left or time is up. 0, or -errno.
static int collect(struct pollfd *peers, int n, char (*reply)[64],
                   unsigned char *done, int open, int timeout_ms, long began) {
    while (open > 0) {
        int ready =
            poll(peers, (nfds_t)n, left_ms(began + timeout_ms, timeout_ms));
        if (ready == 0)
            return 0;
        if (ready < 0 && errno != EINTR)
            return -errno;
        for (int i = 0; i < n && ready > 0; i++) {
            if (peers[i].fd < 0 || peers[i].revents == 0)
                continue;
            if (!read_some(peers[i].fd, reply[i], &done[i])) {
                peers[i].fd = -1;
                open--;
            }
        }
        // Somebody who always has something to say must not keep us.
        if (timeout_ms > 0 && now_ms() >= began + timeout_ms)
            return 0;
    }
    return 0;
}

int fetch_all(const int *fds, int n, const char *req, char (*reply)[64],
              unsigned char *done, int timeout_ms) {
    long began = now_ms();
    struct pollfd *peers = calloc((size_t)n + 1, sizeof *peers);
    if (peers == NULL)
        return -ENOMEM;
    int open = 0, count = 0;
    for (int i = 0; i < n; i++) {
        reply[i][0] = '\0';
        done[i] = 0;
        peers[i].fd = sent(fds[i], req) ? fds[i] : -1;
        peers[i].events = POLLIN;
        open += peers[i].fd >= 0;
    }
    int error = collect(peers, n, reply, done, open, timeout_ms, began);
    free(peers);
    for (int i = 0; i < n; i++)
        count += done[i];
    return error != 0 ? error : count;
}
