// SPDX-License-Identifier: MIT
// An event loop: runs many tasks in turns on one thread, and sleeps when none
// of them can go on.
//
//  1. loop_new() with a clock.
//  2. loop_spawn() tasks: before the run, or from inside a step.
//  3. loop_run() returns when no task is left. More tasks may be spawned and
//     run afterwards.
//  4. loop_free().
//
// A task is stackless: the loop calls its step function again and again, and
// each call says by its result how the task goes on. In this order tasks take
// their steps: a task becomes *ready* when it is spawned, when its step returns
// STEP_AGAIN, and when its sleep is over. Ready tasks take their steps in the
// order in which they became ready, one step each, and then stand in line anew.
// Of several tasks whose sleep is over, the one with the earlier end comes
// first, and with the same end the one that called task_sleep() first.
//
// Nobody starves: once a task's sleep is over, no other task takes more than
// two steps before it.
#pragma once

typedef struct loop loop;
typedef struct task task;

enum step {
    STEP_AGAIN, // ready again at once, behind all who are ready already
    STEP_SLEEP, // sleeps: task_sleep() has been called in this step, once
    STEP_DONE   // over: the step function is not called again
};

// T is the task itself, ARG what was given to loop_spawn().
typedef enum step (*step_fn)(task *t, void *arg);

// What time it is, in milliseconds, and how to wait. Everything that has to do
// with time goes through these two; `ctx` is handed to them.
struct clk {
    long (*now)(void *ctx);
    // Sleeps until now() is MS. It may return earlier: look at the clock again.
    void (*sleep_until)(void *ctx, long ms);
    void *ctx;
};

// An empty loop. *C is copied. NULL with errno set if memory is short.
loop *loop_new(const struct clk *c);

// Adds a task that will call fn(task, arg). The pointer is good until the task
// is over. NULL with errno set if memory is short: the loop is as before.
task *loop_spawn(loop *l, step_fn fn, void *arg);

// Called by a step on its own task, which then returns STEP_SLEEP: the sleep
// ends MS milliseconds after now(), as it is in this call: time may pass during
// a step. MS of 0 or less is a sleep of 0: it is over at once. No step is taken
// before its task's sleep is over.
void task_sleep(task *t, long ms);

// The loop that T belongs to.
loop *task_loop(task *t);

// Runs steps until every task is over. Returns how many steps were run by this
// call, or -ENOMEM if memory was short: tasks that are not over are left for
// loop_free(). Not called from inside a step.
//
// When, and only when, no task is ready, sleep_until() is called, with the end
// of the sleep that ends first; once for each time that nothing is ready (again
// only if it has returned too early). It is not polled instead: now() is called
// at most 4 times for each step and each call of sleep_until().
int loop_run(loop *l);

// Frees the loop and the tasks that are not over, sleeping ones and those that
// never ran: none of their steps is run any more. Not called from inside a
// step. NULL is fine.
void loop_free(loop *l);
