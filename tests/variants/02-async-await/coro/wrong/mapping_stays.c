// expect: memory-leak
// Wrong: the mapped stack is not given back, which no leak checker sees.
// SPDX-License-Identifier: MIT
#include "coro.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
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
    size_t size;
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
    size = (size + 4095) / 4096 * 4096 + 4096;
    char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    stack = stack == MAP_FAILED ? NULL : stack;
    if (c == NULL || stack == NULL) {
        free(c);
        if (stack != NULL)
            munmap(stack, size);
        errno = ENOMEM;
        return NULL;
    }
    c->fn = fn;
    c->arg = arg;
    mprotect(stack, 4096, PROT_NONE); // grows down to here, no further
    c->stack = stack;
    c->size = size;
    getcontext(&c->here);
    c->here.uc_stack.ss_sp = stack + 4096;
    c->here.uc_stack.ss_size = size - 4096;
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
    return c->state == OVER;
}

void coro_free(coro *c) {
    if (c == NULL)
        return;
    free(c);
}
