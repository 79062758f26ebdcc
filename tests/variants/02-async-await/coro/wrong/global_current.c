// expect: data-race
// Wrong: "the coroutine that runs" is one variable for all threads.
// SPDX-License-Identifier: MIT
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
static coro *current;

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
    coro *outer = current;
    current = c;
    swapcontext(&c->resumer, &c->here);
    current = outer;
    if (c->state == OVER)
        return 0;
    if (out != NULL)
        *out = c->value;
    return 1;
}

void *coro_yield(coro *self, void *out) {
    (void)self;
    coro *c = current;
    c->state = SUSPENDED;
    c->value = out;
    swapcontext(&c->here, &c->resumer);
    return c->value;
}

int coro_done(const coro *c) {
    return c->state == OVER;
}

void coro_free(coro *c) {
    if (c == NULL)
        return;
    free(c->stack);
    free(c);
}
