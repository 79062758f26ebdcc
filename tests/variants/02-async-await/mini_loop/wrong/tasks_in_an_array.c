// expect: memory-error
// Wrong: tasks lie in one array, which moves when a step spawns one more, while
// that step still has a pointer into it.
// SPDX-License-Identifier: MIT
#include "mini_loop.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

struct task {
    loop *loop;
    step_fn fn;
    void *arg;
    bool over, sleeps;
    long end;
    unsigned long turn;
};

struct loop {
    struct clk clock;
    task *tasks;
    size_t count, room;
    unsigned long turns;
};

loop *loop_new(const struct clk *c) {
    loop *l = calloc(1, sizeof *l);
    if (l != NULL)
        l->clock = *c;
    return l;
}

task *loop_spawn(loop *l, step_fn fn, void *arg) {
    if (l->count == l->room) {
        size_t room = 2 * l->room + 4;
        task *tasks = realloc(l->tasks, room * sizeof *tasks);
        if (tasks == NULL)
            return NULL;
        l->tasks = tasks;
        l->room = room;
    }
    task *t = &l->tasks[l->count++];
    *t = (task){.loop = l, .fn = fn, .arg = arg, .turn = l->turns++};
    return t;
}

void task_sleep(task *t, long ms) {
    t->end = t->loop->clock.now(t->loop->clock.ctx) + (ms > 0 ? ms : 0);
    t->sleeps = true;
}

loop *task_loop(task *t) {
    return t->loop;
}

static void wake(loop *l) {
    long now = l->clock.now(l->clock.ctx);
    for (;;) {
        task *first = NULL;
        for (size_t i = 0; i < l->count; i++) {
            task *t = &l->tasks[i];
            if (!t->over && t->sleeps && t->end <= now &&
                (first == NULL || t->end < first->end ||
                 (t->end == first->end && t->turn < first->turn)))
                first = t;
        }
        if (first == NULL)
            return;
        first->sleeps = false;
        first->turn = l->turns++;
    }
}

int loop_run(loop *l) {
    int steps = 0;
    for (;;) {
        wake(l);
        task *next = NULL, *sleeper = NULL;
        for (size_t i = 0; i < l->count; i++) {
            task *t = &l->tasks[i];
            if (t->over)
                continue;
            if (t->sleeps && (sleeper == NULL || t->end < sleeper->end))
                sleeper = t;
            if (!t->sleeps && (next == NULL || t->turn < next->turn))
                next = t;
        }
        if (next != NULL) {
            enum step step = next->fn(next, next->arg);
            next->over = step == STEP_DONE;
            next->turn = l->turns++;
            steps++;
        } else if (sleeper != NULL) {
            l->clock.sleep_until(l->clock.ctx, sleeper->end);
        } else {
            return steps;
        }
    }
}

void loop_free(loop *l) {
    if (l != NULL)
        free(l->tasks);
    free(l);
}
