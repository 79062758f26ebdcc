// SPDX-License-Identifier: MIT
#include "latency_sim.h"

#include <errno.h>

int sim_sync(const struct req *r, int n, long *response) {
    // TODO: one request after the other
    (void)r, (void)n, (void)response;
    return -ENOSYS;
}

int sim_async(const struct req *r, int n, long *response, long *idle_ms) {
    // TODO: who has been ready longest? And if nobody is, when will be one?
    (void)r, (void)n, (void)response, (void)idle_ms;
    return -ENOSYS;
}
