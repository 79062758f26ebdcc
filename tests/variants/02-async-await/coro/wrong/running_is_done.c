// expect: wrong-result
// Wrong: coro_done says that a coroutine is over while it runs.
// SPDX-License-Identifier: MIT
// How it works. A coroutine has a stack and two contexts: `here`, where it
// stopped, and `resumer`, where whoever resumed it waits. coro_resume() swaps
// from the second to the first, coro_yield() back. When the function returns,
// uc_link leads to `resumer` too, which always holds the place of the latest
// coro_resume(). So resumers may be nested, and nothing is global.
//
// Left out: a guard page below the stack, which would catch an overflow.
#include "coro.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <ucontext.h>

enum { LEAST_BYTES = 64 * 1024, SPARE_BYTES = 16 * 1024 };

enum state { SUSPENDED, RUNNING, OVER };

struct coro {
    coro_fn fn;
    void *arg;
    enum state state;
    void *value; // on its way from one side to the other
    ucontext_t here;
    ucontext_t resumer;
    void *stack;
};

// makecontext() hands on ints: a pointer comes in two halves.
static void begin(unsigned high, unsigned low) {
    coro *c = (coro *)((uintptr_t)high << 32 | low);
    c->fn(c, c->arg);
    c->state = OVER;
}

coro *coro_new(coro_fn fn, void *arg, size_t stack_bytes) {
    // SPARE_BYTES: for what begin() and the switch itself put there.
    size_t size = SPARE_BYTES +
                  (stack_bytes > LEAST_BYTES ? stack_bytes : LEAST_BYTES);
    coro *c = calloc(1, sizeof *c);
    void *stack = malloc(size);
    if (c == NULL || stack == NULL) {
        free(c);
        free(stack);
        return NULL;
    }
    c->fn = fn;
    c->arg = arg;
    c->stack = stack;
    getcontext(&c->here);
    c->here.uc_stack.ss_sp = stack;
    c->here.uc_stack.ss_size = size;
    c->here.uc_link = &c->resumer;
    uintptr_t self = (uintptr_t)c;
    makecontext(&c->here, (void (*)(void))begin, 2, (unsigned)(self >> 32),
                (unsigned)self);
    return c;
}

int coro_resume(coro *c, void *in, void **out) {
    if (c->state != SUSPENDED)
        return -EINVAL;
    c->state = RUNNING;
    c->value = in;
    swapcontext(&c->resumer, &c->here);
    if (c->state == OVER)
        return 0;
    if (out != NULL)
        *out = c->value;
    return 1;
}

void *coro_yield(coro *self, void *out) {
    self->state = SUSPENDED;
    self->value = out;
    swapcontext(&self->here, &self->resumer);
    return self->value;
}

int coro_done(const coro *c) {
    return c->state != SUSPENDED;
}

void coro_free(coro *c) {
    if (c == NULL)
        return;
    free(c->stack);
    free(c);
}
