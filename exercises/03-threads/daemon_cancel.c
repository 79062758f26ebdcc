// SPDX-License-Identifier: MIT
#include "daemon_cancel.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct bg {
    pthread_t thread;
    bg_fn fn;
    void *arg;
    // TODO: how does the thread hear that it has been cancelled?
};

bg *bg_start(bg_fn fn, void *arg) {
    // TODO
    (void)fn, (void)arg;
    errno = ENOSYS;
    return NULL;
}

int bg_cancelled(bg *b) {
    // TODO
    (void)b;
    return 0;
}

int bg_sleep(bg *self, long ms) {
    // TODO: until the time is up or somebody cancels, whichever is first
    (void)self, (void)ms;
    return -ENOSYS;
}

void bg_cancel(bg *b) {
    // TODO: say it, and wake the one who sleeps
    (void)b;
}

int bg_stop(bg *b, int *exit_code) {
    // TODO: cancel, join, release
    (void)b, (void)exit_code;
    return -ENOSYS;
}
