// SPDX-License-Identifier: MIT
#include "join_timeout.h"

#include <errno.h>

struct worker {
    void (*fn)(void *arg);
    void *arg;
    // TODO: the thread, whether it has finished, what guards that, and what to
    // wait on
};

worker *worker_start(void (*fn)(void *arg), void *arg) {
    (void)fn;
    (void)arg;
    errno = ENOSYS; // TODO
    return NULL;
}

int worker_join(worker *w, long timeout_ms) {
    (void)w;
    (void)timeout_ms;
    return -ENOSYS; // TODO: wait until it has finished or the time is up
}

int worker_alive(worker *w) {
    (void)w;
    return 0; // TODO
}

size_t join_all(worker *const *w, size_t n, long timeout_ms) {
    (void)w;
    (void)n;
    (void)timeout_ms;
    return 0; // TODO: one deadline for all
}

void worker_free(worker *w) {
    (void)w; // TODO: when may the memory go?
}
