// ppoll on a list that gets shorter; each socket is emptied by MSG_DONTWAIT.
// SPDX-License-Identifier: MIT
#include "fetch_all.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

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

// Reads all there is. True if nothing more will come.
static bool empty(int fd, char *reply, unsigned char *done) {
    for (;;) {
        size_t length = strlen(reply);
        ssize_t count = recv(fd, reply + length, 63 - length, MSG_DONTWAIT);
        if (count == 0)
            *done = 1;
        if (count == 0 || (count < 0 && errno != EINTR))
            return count == 0 || errno != EAGAIN;
        if (count > 0)
            reply[length + (size_t)count] = '\0';
    }
}

int fetch_all(const int *fds, int n, const char *req, char (*reply)[64],
              unsigned char *done, int timeout_ms) {
    long deadline = now_ms() + timeout_ms;
    struct pollfd *list = malloc(((size_t)n + 1) * sizeof *list);
    int *index = malloc(((size_t)n + 1) * sizeof *index);
    int open = 0, total = 0, rc = list == NULL || index == NULL ? -ENOMEM : 0;
    for (int i = 0; i < n && rc == 0; i++) {
        memset(reply[i], 0, 64);
        done[i] = 0;
        if (!ask(fds[i], req))
            continue;
        list[open] = (struct pollfd){fds[i], POLLIN, 0};
        index[open++] = i;
    }
    for (bool last = false; open > 0 && rc == 0 && !last;) {
        long left = deadline - now_ms();
        last = timeout_ms >= 0 && left <= 0; // takes what is there, and ends
        struct timespec time = {last ? 0 : left / 1000,
                                last ? 0 : left % 1000 * 1000000};
        if (ppoll(list, (nfds_t)open, timeout_ms < 0 ? NULL : &time, NULL) <
            0) {
            rc = errno == EINTR ? 0 : -errno;
            last = last && rc != 0;
            continue;
        }
        for (int k = open - 1; k >= 0; k--)
            if (list[k].revents != 0 &&
                empty(list[k].fd, reply[index[k]], &done[index[k]])) {
                list[k] = list[--open];
                index[k] = index[open];
            }
    }
    for (int i = 0; i < n && rc == 0; i++)
        total += done[i];
    free(list);
    free(index);
    return rc != 0 ? rc : total;
}
