// expect: wrong-result
// Wrong: sleeps whenever the ready queue is empty, also when somebody's sleep is
// over already.
// SPDX-License-Identifier: MIT
// How it works. A task is in one of three places: in the ready queue, a linked
// list; among the sleepers, a binary heap with the earliest end on top; or in
// the hands of loop_run(), which is running its step. loop_spawn() sees to it
// that the heap has room for every task there is, so nothing in the run itself
// allocates.
//
// A heap does not keep the order of equal keys. So each sleeper gets a number
// that counts up, and of two equal ends the smaller number is earlier.
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
    task **sleepers;           // a heap
    size_t sleeping, room;     // used and allocated entries of it
    size_t tasks;              // in all, never more than `room`
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

static bool is_earlier(const task *a, const task *b) {
    return a->end != b->end ? a->end < b->end : a->turn < b->turn;
}

static void add_sleeper(loop *l, task *t) {
    size_t at = l->sleeping++;
    while (at > 0 && is_earlier(t, l->sleepers[(at - 1) / 2])) {
        l->sleepers[at] = l->sleepers[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    l->sleepers[at] = t;
}

static task *take_sleeper(loop *l) {
    task *first = l->sleepers[0];
    task *moved = l->sleepers[--l->sleeping];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < l->sleeping; at = child) {
        if (child + 1 < l->sleeping &&
            is_earlier(l->sleepers[child + 1], l->sleepers[child]))
            child++;
        if (!is_earlier(l->sleepers[child], moved))
            break;
        l->sleepers[at] = l->sleepers[child];
    }
    l->sleepers[at] = moved;
    return first;
}

task *loop_spawn(loop *l, step_fn fn, void *arg) {
    if (l->tasks == l->room) {
        size_t room = l->room == 0 ? 8 : 2 * l->room;
        task **sleepers = realloc(l->sleepers, room * sizeof *sleepers);
        if (sleepers == NULL)
            return NULL;
        l->sleepers = sleepers;
        l->room = room;
    }
    task *t = calloc(1, sizeof *t);
    if (t == NULL)
        return NULL;
    *t = (task){.loop = l, .fn = fn, .arg = arg};
    l->tasks++;
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
    if (l->sleeping == 0)
        return;
    long now = l->clock.now(l->clock.ctx);
    while (l->sleeping > 0 && l->sleepers[0]->end <= now)
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
        l->tasks--;
        free(t);
    }
}

int loop_run(loop *l) {
    int steps = 0;
    for (;;) {
        if (l->ready != NULL) {
            run_step(l);
            steps++;
            if (l->ready != NULL)
                wake_sleepers(l);
        } else if (l->sleeping > 0) {
            l->clock.sleep_until(l->clock.ctx, l->sleepers[0]->end);
            wake_sleepers(l);
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
    while (l->sleeping > 0)
        free(l->sleepers[--l->sleeping]);
    free(l->sleepers);
    free(l);
}
