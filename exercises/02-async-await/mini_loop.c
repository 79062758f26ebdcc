// SPDX-License-Identifier: MIT
#include "mini_loop.h"

#include <errno.h>
#include <stddef.h>

struct loop {
    struct clk clock;
    // TODO: who is ready, in line; who sleeps, the earliest first
};

struct task {
    loop *loop;
    step_fn fn;
    void *arg;
    // TODO
};

loop *loop_new(const struct clk *c) {
    (void)c;
    errno = ENOSYS; // TODO
    return NULL;
}

task *loop_spawn(loop *l, step_fn fn, void *arg) {
    (void)l;
    (void)fn;
    (void)arg;
    errno = ENOSYS; // TODO
    return NULL;
}

void task_sleep(task *t, long ms) {
    (void)t;
    (void)ms; // TODO
}

loop *task_loop(task *t) {
    return t->loop;
}

int loop_run(loop *l) {
    (void)l;
    return -ENOSYS; // TODO: step, look at the clock, sleep
}

void loop_free(loop *l) {
    (void)l; // TODO
}
