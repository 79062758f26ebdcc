// SPDX-License-Identifier: MIT
// An event loop for one thread: tasks with stacks of their own take turns, and
// the thread sleeps when none of them can go on. docs/task-loop.md shows how to
// think with it.
//
//  1. lp_run(main, arg) runs main as the first task.
//  2. A task starts others with lp_spawn().
//  3. Tasks give up their turn only in a call that *awaits*: lp_join, lp_yield,
//     lp_sleep, lp_wait_fd, lp_park. Between two of those nothing else runs.
//
// Who can go on stands in one line: first come, first served. A task that calls
// anything else that blocks (read on a blocking descriptor, pthread_cond_wait,
// usleep) stops them all.
//
// Times are milliseconds on the loop's own clock, lp_now(). In the tests that
// clock is imaginary: it stands still while anybody can go on, and then jumps
// to the end of the first sleep.
//
// All functions but lp_call_threadsafe() and lp_in_loop() belong to the loop's
// own thread. Results are 0 or -errno. A call that awaits gives -EPERM outside
// of a task.
#pragma once

typedef struct lp_task lp_task;

// Runs main_fn(arg) as a task, and all tasks that come of it. Returns when
// every task is over, with the result of main_fn; -ENOMEM, -EMFILE … if the
// loop could not be set up, -EBUSY if this process runs a loop already.
int lp_run(int (*main_fn)(void *), void *arg);

// A new task, which can go on and stands last in line; it does not run yet. It
// has about 200 KiB of stack. The pointer is good until lp_run() returns. NULL
// with errno set: ENOMEM, or EPERM outside of lp_run().
lp_task *lp_spawn(int (*fn)(void *), void *arg);

// Awaits the end of T and stores its function's result in *RC, unless RC is
// NULL. Any number of tasks may join one, and also later again. -ECANCELED,
// -EDEADLK if T is the caller.
int lp_join(lp_task *t, int *rc);

// The task that runs now, or NULL outside of one.
lp_task *lp_self(void);

// A checkpoint: everybody else who can go on now has a turn first.
void lp_yield(void);

// Awaits the moment MS milliseconds from now (0 or less: a checkpoint). 0 or
// -ECANCELED.
int lp_sleep(long ms);

long lp_now(void);

// Awaits that FD can be read (POLLIN) or written (POLLOUT), or that it has an
// error or is hung up, for at most TIMEOUT_MS milliseconds (< 0: no limit; 0: a
// look). 0, -ETIMEDOUT, -ECANCELED, or -EBADF. A regular file is always ready.
// One look at FD is a checkpoint too.
int lp_wait_fd(int fd, short events, long timeout_ms);

// Awaits an lp_unpark() of this task, until the clock shows DEADLINE_MS (an
// absolute time; < 0: no limit). 0, -ETIMEDOUT or -ECANCELED.
int lp_park(long deadline_ms);

// Puts T, if it is in lp_park(), last into the line of those who can go on. It
// is not remembered: unparking a task that is not parked does nothing.
void lp_unpark(lp_task *t);

// Cancels T. It is level triggered: from now on every call of T's that awaits
// gives -ECANCELED, the one that it is in now too, even if that has been
// fulfilled already and T only waits for its turn. Each of them is still a
// checkpoint. T itself decides what to do with that; a task that is over is not
// changed.
void lp_cancel(lp_task *t);

// One pointer that belongs to the running task; a new task begins with that of
// the task that spawned it, the first one with NULL.
void *lp_local(void);
void lp_set_local(void *p);

// The only call that other threads may make: the loop will run fn(arg), on its
// own thread, between the turns of the tasks; FN may not await. 0, -ENOMEM, or
// -ESHUTDOWN if no loop runs.
int lp_call_threadsafe(void (*fn)(void *), void *arg);

// 1 on the thread that is inside of lp_run(), 0 on all others.
int lp_in_loop(void);
