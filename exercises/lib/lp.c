// SPDX-License-Identifier: MIT
// How it works. A task is ready (in the line), waiting, or over. All that a
// task can wait for goes through await(): it notes what may end the wait (a
// time, a descriptor, an unpark, another task's end), leaves to the loop, and
// finds in `outcome` how the wait ended. Whatever ends a wait calls
// make_ready() once.
//
// The loop takes the tasks in the line one after the other, one turn each. It
// looks at the descriptors after each round of turns, and sleeps there when
// nobody is ready.
#include "lib/lp.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "lib/lp_calls.h"
#include "lib/lp_fds.h"
#include "lib/lp_fibre.h"
#include "lib/lp_test.h"

enum { NO_DEADLINE = -1 };

enum state { READY, WAITING, OVER };

struct lp_task {
    struct lp_fibre *fibre;
    int (*fn)(void *);
    void *arg;
    void *local;
    enum state state;
    bool cancelled;
    bool parked;           // waiting in lp_park()
    int outcome;           // of the wait that has ended
    int result;            // of fn, once it is over
    long deadline;         // of the wait, or NO_DEADLINE
    lp_task *joining;      // waiting for the end of this one
    lp_task *joiners;      // waiting for the end of me, the first to wait first
    lp_task *next;         // in the line, or among the joiners
    lp_task *later;        // in the list of deadlines
    lp_task *made;         // in the list of all, the one made before
    struct lp_fd_wait *fd; // waiting for a descriptor
};

static struct {
    bool running;
    lp_task *current;      // the one whose turn it is
    lp_task *first, *last; // the line
    lp_task *soonest;      // by deadline; of equal ones the first to wait
    lp_task *all;
    int alive;
    long steps;
    long restless; // steps since the clock has moved
    struct timespec begun;
    long virtual_now;
} loop;

static const struct lp_watch *watch;         // NULL: real time
static _Thread_local bool inside;            // this thread is in lp_run()
static atomic_flag taken = ATOMIC_FLAG_INIT; // by a loop

// --- Time --------------------------------------------------------------------

void lp_use_virtual_time(const struct lp_watch *given) {
    watch = given;
}

long lp_now(void) {
    if (!loop.running)
        return 0;
    if (watch != NULL)
        return loop.virtual_now;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - loop.begun.tv_sec) * 1000 +
           (now.tv_nsec - loop.begun.tv_nsec) / 1000000;
}

static long after(long ms) {
    long now = lp_now();
    return ms > LONG_MAX - now ? LONG_MAX : now + ms;
}

static void add_deadline(lp_task *task) {
    lp_task **place = &loop.soonest;
    while (*place != NULL && (*place)->deadline <= task->deadline)
        place = &(*place)->later;
    task->later = *place;
    *place = task;
}

static void remove_deadline(lp_task *task) {
    lp_task **place = &loop.soonest;
    while (*place != NULL && *place != task)
        place = &(*place)->later;
    if (*place == task)
        *place = task->later;
}

// --- The line ----------------------------------------------------------------

static void line_up(lp_task *task) {
    task->state = READY;
    task->next = NULL;
    if (loop.first == NULL)
        loop.first = task;
    else
        loop.last->next = task;
    loop.last = task;
}

static void add_joiner(lp_task *task, lp_task *joiner) {
    lp_task **end = &task->joiners;
    while (*end != NULL)
        end = &(*end)->next;
    *end = joiner;
    joiner->next = NULL;
    joiner->joining = task;
}

static void remove_joiner(lp_task *joiner) {
    lp_task **place = &joiner->joining->joiners;
    while (*place != joiner)
        place = &(*place)->next;
    *place = joiner->next;
    joiner->joining = NULL;
}

// Ends the wait that TASK is in.
static void make_ready(lp_task *task, int outcome) {
    task->outcome = outcome;
    if (task->deadline != NO_DEADLINE)
        remove_deadline(task);
    if (task->fd != NULL)
        lp_fds_remove(task->fd);
    if (task->joining != NULL)
        remove_joiner(task);
    task->deadline = NO_DEADLINE;
    task->fd = NULL;
    task->parked = false;
    line_up(task);
}

static void on_descriptor(struct lp_fd_wait *wait) {
    lp_task *task = wait->task;
    task->fd = NULL; // it has been removed
    make_ready(task, 0);
}

static void end_sleeps(void) {
    long now = lp_now();
    while (loop.soonest != NULL && loop.soonest->deadline <= now)
        make_ready(loop.soonest, -ETIMEDOUT);
}

// --- Awaiting ----------------------------------------------------------------

static lp_task *awaiter(void) {
    return inside ? loop.current : NULL;
}

// Leaves to the loop, and comes back at the task's next turn.
static int leave(lp_task *self) {
    lp_fibre_leave(self->fibre);
    return self->cancelled ? -ECANCELED : self->outcome;
}

// A turn for everybody who can go on. OUTCOME if nothing is wrong.
static int checkpoint(lp_task *self, int outcome) {
    self->outcome = outcome;
    line_up(self);
    return leave(self);
}

// Until make_ready(), or at the latest when the clock shows DEADLINE.
static int await(lp_task *self, long deadline) {
    self->state = WAITING;
    self->deadline = deadline;
    if (deadline != NO_DEADLINE)
        add_deadline(self);
    return leave(self);
}

void lp_yield(void) {
    lp_task *self = awaiter();
    if (self != NULL)
        checkpoint(self, 0);
}

int lp_sleep(long ms) {
    lp_task *self = awaiter();
    if (self == NULL)
        return -EPERM;
    if (self->cancelled || ms <= 0)
        return checkpoint(self, 0);
    int rc = await(self, after(ms));
    return rc == -ETIMEDOUT ? 0 : rc;
}

int lp_park(long deadline_ms) {
    lp_task *self = awaiter();
    if (self == NULL)
        return -EPERM;
    if (self->cancelled)
        return checkpoint(self, 0);
    if (deadline_ms >= 0 && deadline_ms <= lp_now())
        return checkpoint(self, -ETIMEDOUT);
    self->parked = true;
    return await(self, deadline_ms < 0 ? NO_DEADLINE : deadline_ms);
}

void lp_unpark(lp_task *t) {
    if (inside && t->state == WAITING && t->parked)
        make_ready(t, 0);
}

int lp_join(lp_task *t, int *rc) {
    lp_task *self = awaiter();
    if (self == NULL)
        return -EPERM;
    if (t == self)
        return -EDEADLK;
    int outcome;
    if (self->cancelled || t->state == OVER) {
        outcome = checkpoint(self, 0);
    } else {
        add_joiner(t, self);
        outcome = await(self, NO_DEADLINE);
    }
    if (outcome == 0 && rc != NULL)
        *rc = t->result;
    return outcome;
}

// A look: what poll() says at once.
static int look_at(int fd, short events) {
    struct pollfd look = {.fd = fd, .events = events};
    while (poll(&look, 1, 0) < 0)
        if (errno != EINTR)
            return -errno;
    if (look.revents & POLLNVAL)
        return -EBADF;
    return look.revents != 0 ? 0 : -ETIMEDOUT;
}

int lp_wait_fd(int fd, short events, long timeout_ms) {
    lp_task *self = awaiter();
    if (self == NULL)
        return -EPERM;
    int seen = look_at(fd, events);
    if (self->cancelled || seen != -ETIMEDOUT)
        return checkpoint(self, seen);
    if (timeout_ms == 0) {
        int rc = checkpoint(self, 0);
        return rc != 0 ? rc : look_at(fd, events);
    }
    // poll's events have the same values in epoll.
    struct lp_fd_wait wait = {
        .fd = fd, .events = (unsigned)(unsigned short)events, .task = self};
    int rc = lp_fds_add(&wait);
    if (rc != 0)
        return checkpoint(self, rc > 0 ? 0 : rc);
    self->fd = &wait;
    return await(self, timeout_ms < 0 ? NO_DEADLINE : after(timeout_ms));
}

// --- Tasks -------------------------------------------------------------------

static void end_task(lp_task *task, int result) {
    task->result = result;
    task->state = OVER;
    loop.alive--;
    while (task->joiners != NULL)
        make_ready(task->joiners, 0);
}

static void run_task(void *arg) {
    lp_task *task = arg;
    int result = task->fn(task->arg);
    end_task(task, result);
    lp_fibre_end(task->fibre);
}

static lp_task *make_task(int (*fn)(void *), void *arg) {
    lp_task *task = calloc(1, sizeof *task);
    if (task == NULL)
        return NULL;
    task->fibre = lp_fibre_new(run_task, task);
    if (task->fibre == NULL) {
        free(task);
        return NULL;
    }
    task->fn = fn;
    task->arg = arg;
    task->deadline = NO_DEADLINE;
    task->made = loop.all;
    loop.all = task;
    loop.alive++;
    line_up(task);
    return task;
}

lp_task *lp_spawn(int (*fn)(void *), void *arg) {
    if (!inside) {
        errno = EPERM;
        return NULL;
    }
    lp_task *task = make_task(fn, arg);
    if (task == NULL)
        errno = ENOMEM;
    else if (loop.current != NULL)
        task->local = loop.current->local;
    return task;
}

lp_task *lp_self(void) {
    return awaiter();
}

void lp_cancel(lp_task *t) {
    if (!inside || t->state == OVER)
        return;
    t->cancelled = true;
    if (t->state == WAITING)
        make_ready(t, -ECANCELED);
}

void *lp_local(void) {
    lp_task *self = awaiter();
    return self == NULL ? NULL : self->local;
}

void lp_set_local(void *p) {
    lp_task *self = awaiter();
    if (self != NULL)
        self->local = p;
}

// --- Other threads -----------------------------------------------------------

int lp_in_loop(void) {
    return inside;
}

int lp_call_threadsafe(void (*fn)(void *), void *arg) {
    return lp_calls_add(fn, arg);
}

// --- The loop ----------------------------------------------------------------

static void take_turn(lp_task *task) {
    loop.steps++;
    loop.restless++;
    if (watch != NULL && loop.restless > watch->most_steps)
        watch->restless(loop.restless);
    loop.current = task;
    lp_fibre_enter(task->fibre);
    loop.current = NULL;
    if (task->state != OVER)
        return;
    lp_fibre_free(task->fibre);
    task->fibre = NULL;
}

// One turn for each that is in the line now.
static void take_turns(void) {
    lp_task *last = loop.last;
    for (lp_task *task = loop.first; task != NULL; task = loop.first) {
        loop.first = task->next;
        take_turn(task);
        if (task == last)
            break;
    }
}

// How long to sleep in lp_fds_poll().
static int real_wait(void) {
    if (loop.first != NULL)
        return 0;
    if (loop.soonest == NULL)
        return -1;
    long ms = loop.soonest->deadline - lp_now();
    // lp_now() is rounded down: a sleep may seem to have 0 ms left.
    return ms <= 0 ? 1 : ms > INT_MAX ? INT_MAX : (int)ms;
}

// Nobody is ready, and nothing has happened: time passes.
static void jump(void) {
    if (loop.soonest != NULL) {
        loop.virtual_now = loop.soonest->deadline;
        loop.restless = 0;
    } else if (lp_fds_waited_for()) {
        lp_fds_poll(-1, on_descriptor);
    } else {
        watch->stuck(loop.alive);
    }
}

static void go_on(void) {
    while (loop.alive > 0) {
        take_turns();
        if (loop.alive == 0)
            break;
        if (lp_fds_waited_for() || (watch == NULL && loop.first == NULL))
            lp_fds_poll(watch == NULL ? real_wait() : 0, on_descriptor);
        lp_calls_make();
        if (watch != NULL && loop.first == NULL)
            jump();
        end_sleeps();
    }
}

// One loop a process, whichever thread it is on.
static int open_loop(void) {
    if (atomic_flag_test_and_set(&taken))
        return -EBUSY;
    int rc = lp_fds_open();
    if (rc != 0) {
        atomic_flag_clear(&taken);
        return rc;
    }
    loop.running = true;
    loop.first = loop.last = loop.soonest = loop.all = NULL;
    loop.steps = loop.restless = loop.virtual_now = 0;
    clock_gettime(CLOCK_MONOTONIC, &loop.begun);
    lp_calls_open(lp_fds_wake);
    return 0;
}

static void close_loop(void) {
    while (loop.all != NULL) {
        lp_task *task = loop.all;
        loop.all = task->made;
        free(task);
    }
    lp_fibre_forget_stacks();
    lp_fds_close();
    loop.running = false;
    atomic_flag_clear(&taken);
}

long lp_steps(void) {
    return loop.steps;
}

int lp_run(int (*main_fn)(void *), void *arg) {
    int rc = open_loop();
    if (rc != 0)
        return rc;
    lp_task *task = make_task(main_fn, arg);
    rc = -ENOMEM;
    inside = true;
    if (task != NULL)
        go_on();
    lp_calls_close();
    lp_calls_make(); // what came in the last moment
    go_on();         // with the tasks that they have spawned
    if (task != NULL)
        rc = task->result;
    close_loop();
    inside = false;
    return rc;
}
