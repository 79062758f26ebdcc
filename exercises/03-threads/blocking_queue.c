// SPDX-License-Identifier: MIT
#include "blocking_queue.h"

#include <errno.h>

struct bqueue {
    size_t cap;
    // TODO: room for CAP items, what guards them, what to wait on
};

bqueue *bq_new(size_t cap) {
    (void)cap;
    errno = ENOSYS; // TODO
    return NULL;
}

int bq_put(bqueue *q, void *item) {
    (void)q;
    (void)item;
    return -ENOSYS; // TODO: wait while full and open
}

int bq_get(bqueue *q, void **item) {
    (void)q;
    (void)item;
    return -ENOSYS; // TODO: wait while empty and open
}

int bq_get_timed(bqueue *q, void **item, long timeout_ms) {
    (void)q;
    (void)item;
    (void)timeout_ms;
    return -ENOSYS; // TODO: the same, up to a point in time
}

void bq_close(bqueue *q) {
    (void)q; // TODO: who has to wake up?
}

size_t bq_len(bqueue *q) {
    (void)q;
    return 0; // TODO
}

void bq_free(bqueue *q) {
    (void)q; // TODO
}
