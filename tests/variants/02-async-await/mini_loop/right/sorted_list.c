// Right: sleepers in a list sorted by the end of their sleep.
// SPDX-License-Identifier: MIT
#include "mini_loop.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

struct task {
    loop *loop;
    step_fn fn;
    void *arg;
    task *next;         // in the ready queue
    long end;           // of its sleep
    unsigned long turn; // order of equal ends
};

struct loop {
    struct clk clock;
    task *ready, **last;       // the queue and the pointer to append to
    task *sleepers; // sorted by end
    unsigned long turns;
};

loop *loop_new(const struct clk *c) {
    loop *l = calloc(1, sizeof *l);
    if (l == NULL)
        return NULL;
    l->clock = *c;
    l->last = &l->ready;
    return l;
}

static void make_ready(loop *l, task *t) {
    t->next = NULL;
    *l->last = t;
    l->last = &t->next;
}

static task *take_ready(loop *l) {
    task *t = l->ready;
    l->ready = t->next;
    if (l->ready == NULL)
        l->last = &l->ready;
    return t;
}

static void add_sleeper(loop *l, task *t) {
    task **at = &l->sleepers;
    while (*at != NULL && ((*at)->end < t->end ||
                           ((*at)->end == t->end && (*at)->turn < t->turn)))
        at = &(*at)->next;
    t->next = *at;
    *at = t;
}

static task *take_sleeper(loop *l) {
    task *t = l->sleepers;
    l->sleepers = t->next;
    return t;
}

task *loop_spawn(loop *l, step_fn fn, void *arg) {
    task *t = calloc(1, sizeof *t);
    if (t == NULL)
        return NULL;
    *t = (task){.loop = l, .fn = fn, .arg = arg};
    make_ready(l, t);
    return t;
}

void task_sleep(task *t, long ms) {
    loop *l = t->loop;
    t->end = l->clock.now(l->clock.ctx) + (ms > 0 ? ms : 0);
    t->turn = l->turns++;
}

loop *task_loop(task *t) {
    return t->loop;
}

static void wake_sleepers(loop *l) {
    if (l->sleepers == NULL)
        return;
    long now = l->clock.now(l->clock.ctx);
    while (l->sleepers != NULL && l->sleepers->end <= now)
        make_ready(l, take_sleeper(l));
}

static void run_step(loop *l) {
    task *t = take_ready(l);
    enum step step = t->fn(t, t->arg);
    if (step == STEP_AGAIN) {
        make_ready(l, t);
    } else if (step == STEP_SLEEP) {
        add_sleeper(l, t);
    } else {
        free(t);
    }
}

int loop_run(loop *l) {
    int steps = 0;
    for (;;) {
        wake_sleepers(l); // before each step, so that nobody starves
        if (l->ready != NULL) {
            run_step(l);
            steps++;
        } else if (l->sleepers != NULL) {
            l->clock.sleep_until(l->clock.ctx, l->sleepers->end);
        } else {
            return steps;
        }
    }
}

void loop_free(loop *l) {
    if (l == NULL)
        return;
    while (l->ready != NULL)
        free(take_ready(l));
    while (l->sleepers != NULL)
        free(take_sleeper(l));
    free(l);
}
