// SPDX-License-Identifier: MIT
#include "async_queue.h"

#include <errno.h>

#include "lib/lp.h"

struct aqueue {
    size_t cap;
    // TODO: the items; who waits for an item; who waits for room
};

aqueue *aq_new(size_t cap) {
    (void)cap;
    errno = ENOSYS; // TODO
    return NULL;
}

int aq_put(aqueue *q, void *item) {
    (void)q;
    (void)item;
    return -ENOSYS; // TODO: lp_park(-1) waits, lp_unpark(task) wakes
}

int aq_get(aqueue *q, void **item) {
    (void)q;
    (void)item;
    return -ENOSYS; // TODO
}

int aq_put_nowait(aqueue *q, void *item) {
    (void)q;
    (void)item;
    return -ENOSYS; // TODO
}

int aq_get_nowait(aqueue *q, void **item) {
    (void)q;
    (void)item;
    return -ENOSYS; // TODO
}

void aq_close(aqueue *q) {
    (void)q; // TODO
}

size_t aq_len(const aqueue *q) {
    (void)q;
    return 0; // TODO
}

void aq_free(aqueue *q) {
    (void)q; // TODO
}
