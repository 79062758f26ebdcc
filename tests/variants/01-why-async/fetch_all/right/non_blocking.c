// Sockets in non-blocking mode for the time of the call, and back again.
// SPDX-License-Identifier: MIT
#include "fetch_all.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
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

static void block(int fd, bool on) {
    int flags = fcntl(fd, F_GETFL);
    fcntl(fd, F_SETFL, on ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
}

struct state {
    bool over;
    size_t length;
};

static void advance(int fd, struct state *s, char *reply, unsigned char *done) {
    ssize_t count = read(fd, reply + s->length, 63 - s->length);
    if (count > 0)
        s->length += (size_t)count;
    *done = count == 0;
    s->over = count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
}

static int round_of(const int *fds, int n, struct state *s, struct pollfd *list,
                    int wait) {
    int open = 0;
    for (int i = 0; i < n; i++) {
        list[i] = (struct pollfd){s[i].over ? -1 : fds[i], POLLIN, 0};
        open += !s[i].over;
    }
    if (open == 0)
        return 0;
    int ready = poll(list, (nfds_t)n, wait);
    return ready < 0 && errno != EINTR ? -errno : 1;
}

int fetch_all(const int *fds, int n, const char *req, char (*reply)[64],
              unsigned char *done, int timeout_ms) {
    long end = now_ms() + timeout_ms, left = 1;
    struct state *s = calloc((size_t)n + 1, sizeof *s);
    struct pollfd *list = calloc((size_t)n + 1, sizeof *list);
    int rc = s == NULL || list == NULL ? -ENOMEM : 1, total = 0;
    for (int i = 0; i < n && rc == 1; i++) {
        done[i] = 0;
        s[i].over = !ask(fds[i], req);
        block(fds[i], false);
    }
    while (rc == 1 && left > 0) {
        left = timeout_ms < 0 ? 1 : end - now_ms();
        rc = round_of(fds, n, s, list,
                      timeout_ms < 0 ? -1
                      : left > 0     ? (int)left
                                     : 0);
        for (int i = 0; i < n && rc == 1; i++)
            if (!s[i].over && list[i].revents != 0)
                advance(fds[i], &s[i], reply[i], &done[i]);
    }
    for (int i = 0; i < n && s != NULL && list != NULL; i++) {
        reply[i][s[i].length] = '\0';
        total += done[i];
        block(fds[i], true);
    }
    free(s);
    free(list);
    return rc < 0 ? rc : total;
}
