// SPDX-License-Identifier: MIT
#include "supervisor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

int supervise(const struct sup_child *c, int n, int max_restarts, int stop_fd,
              long grace_ms, struct sup_stats *st) {
    (void)c;
    (void)n;
    (void)max_restarts;
    (void)stop_fd;
    (void)grace_ms;
    *st = (struct sup_stats){0};
    return -ENOSYS; // TODO: start all; wait for ends and for stop_fd in one place
}
