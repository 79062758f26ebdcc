// SPDX-License-Identifier: MIT
#include "coro.h"

#include <errno.h>

struct coro {
    coro_fn fn;
    void *arg;
    // TODO: a stack, where it stopped, who resumed it
};

coro *coro_new(coro_fn fn, void *arg, size_t stack_bytes) {
    (void)fn;
    (void)arg;
    (void)stack_bytes;
    errno = ENOSYS; // TODO
    return NULL;
}

int coro_resume(coro *c, void *in, void **out) {
    (void)c;
    (void)in;
    (void)out;
    return -ENOSYS; // TODO: switch to its stack
}

void *coro_yield(coro *self, void *out) {
    (void)self;
    (void)out;
    return NULL; // TODO: switch back to whoever resumed it
}

int coro_done(const coro *c) {
    (void)c;
    return 0; // TODO
}

void coro_free(coro *c) {
    (void)c; // TODO
}
