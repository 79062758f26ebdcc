// SPDX-License-Identifier: MIT
// Who waits for which descriptor, on top of epoll.
#pragma once

#include <stdbool.h>

// One task's wait. It lies on that task's stack and is in a list while it
// waits.
struct fd_wait {
    int fd;
    unsigned events; // of epoll
    void *task;
    struct fd_wait *next;
};

// 0 or -errno.
int fds_open(void);
void fds_close(void);

// 0; 1 if FD is always ready, like a regular file (WAIT is in no list then);
// -EBADF and the like.
int fds_add(struct fd_wait *wait);
void fds_remove(struct fd_wait *wait);

bool fds_waited_for(void);

// Waits for at most TIMEOUT_MS (< 0: no limit) until a descriptor is ready or
// fds_wake() is called. READY is called for each wait that is over, which has
// been removed.
void fds_poll(int timeout_ms, void (*ready)(struct fd_wait *wait));

// From any thread: ends the fds_poll() that runs, or else the next one.
void fds_wake(void);
