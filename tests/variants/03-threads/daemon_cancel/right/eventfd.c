// An eventfd that stays readable once the job is cancelled, and poll.
// SPDX-License-Identifier: MIT
#include "daemon_cancel.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct bg {
    pthread_t thread;
    bg_fn fn;
    void *arg;
    int result;
    int fd;
};

static void *bg_main(void *arg) {
    bg *self = arg;
    self->result = self->fn(self, self->arg);
    return NULL;
}

bg *bg_start(bg_fn fn, void *arg) {
    bg *b = malloc(sizeof *b);
    if (b == NULL)
        return NULL;
    *b = (bg){.fn = fn, .arg = arg, .fd = eventfd(0, EFD_CLOEXEC)};
    int error =
        b->fd < 0 ? errno : pthread_create(&b->thread, NULL, bg_main, b);
    if (error == 0)
        return b;
    if (b->fd >= 0)
        close(b->fd);
    free(b);
    errno = error;
    return NULL;
}

static long now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

// Reading the counter and writing it back orders what was written before.
static void see(bg *b) {
    uint64_t count;
    if (read(b->fd, &count, sizeof count) == sizeof count &&
        write(b->fd, &count, sizeof count) != sizeof count)
        abort();
}

static int wait_for(bg *b, long ms) {
    struct pollfd pollfd = {.fd = b->fd, .events = POLLIN};
    long deadline = now_ms() + ms + (ms > 0);
    for (;;) {
        long left = ms > 0 ? deadline - now_ms() : 0;
        int ready = poll(&pollfd, 1, left > 0 ? (int)left : 0);
        if (ready > 0) {
            see(b);
            return 1;
        }
        if (ready == 0 && left <= 0)
            return 0;
    }
}

int bg_cancelled(bg *b) {
    return wait_for(b, 0);
}

int bg_sleep(bg *self, long ms) {
    return wait_for(self, ms) ? -ECANCELED : 0;
}

void bg_cancel(bg *b) {
    uint64_t one = 1;
    while (write(b->fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

int bg_stop(bg *b, int *exit_code) {
    bg_cancel(b);
    pthread_join(b->thread, NULL);
    if (exit_code != NULL)
        *exit_code = b->result;
    close(b->fd);
    free(b);
    return 0;
}
