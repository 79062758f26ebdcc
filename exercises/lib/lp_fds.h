// SPDX-License-Identifier: MIT
// Who waits for which descriptor, on top of epoll.
#pragma once

#include <stdbool.h>

// One task's wait. It lies on that task's stack and is in a list while it
// waits.
struct lp_fd_wait {
    int fd;
    unsigned events; // of epoll
    void *task;
    struct lp_fd_wait *next;
};

// 0 or -errno.
int lp_fds_open(void);
void lp_fds_close(void);

// 0; 1 if FD is always ready, like a regular file (WAIT is in no list then);
// -EBADF and the like.
int lp_fds_add(struct lp_fd_wait *wait);
void lp_fds_remove(struct lp_fd_wait *wait);

bool lp_fds_waited_for(void);

// Waits for at most TIMEOUT_MS (< 0: no limit) until a descriptor is ready or
// lp_fds_wake() is called. READY is called for each wait that is over, which
// has been removed.
void lp_fds_poll(int timeout_ms, void (*ready)(struct lp_fd_wait *wait));

// From any thread: ends the lp_fds_poll() that runs, or else the next one.
void lp_fds_wake(void);
