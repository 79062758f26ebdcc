// SPDX-License-Identifier: MIT
// Tests of blocking_queue.
//
// How bad interleavings are forced, without luck. What decides in a queue is
// who runs first after a wake-up. Some tests put the whole process on one CPU
// (one_cpu()) and then
//   - let those who are woken be SCHED_BATCH (LAZY): they do not push the one
//     who woke them off the CPU, so he always gets in a second operation first;
//   - or let the one who wakes be SCHED_IDLE (MEEK): whom he wakes runs at
//     once, in the middle of his call.
// A right queue does not care who comes first.
#define _GNU_SOURCE 1
#include "blocking_queue.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/suite.h"
#include "lib/wb.h"

enum { DAY_MS = 86400000 };

// --- Callers: threads that make one call each -------------------------------

enum manner { USUAL, LAZY, MEEK };

struct caller {
    bqueue *q;
    int (*call)(struct caller *self);
    void *item;      // to put, or what came out
    long timeout_ms; // for a timed get
    enum manner manner;
    int rc;               // read after the join
    atomic_bool returned; // for glances only: orders nothing
    pthread_t thread;
};

static int call_put(struct caller *self) {
    return bq_put(self->q, self->item);
}

static int call_get(struct caller *self) {
    return bq_get(self->q, &self->item);
}

static int call_get_timed(struct caller *self) {
    return bq_get_timed(self->q, &self->item, self->timeout_ms);
}

static int call_close(struct caller *self) {
    bq_close(self->q);
    return 0;
}

static void adopt(enum manner manner) {
    struct sched_param none = {0};
    if (manner == LAZY)
        pthread_setschedparam(pthread_self(), SCHED_BATCH, &none);
    if (manner == MEEK)
        pthread_setschedparam(pthread_self(), SCHED_IDLE, &none);
}

static void *caller_main(void *arg) {
    struct caller *self = arg;
    adopt(self->manner);
    self->rc = self->call(self);
    atomic_store_explicit(&self->returned, true, memory_order_relaxed);
    return NULL;
}

static void caller_start(struct caller *caller) {
    ck_assert_int_eq(pthread_create(&caller->thread, NULL, caller_main, caller),
                     0);
}

static void caller_join(struct caller *caller) {
    pthread_join(caller->thread, NULL);
}

static bool caller_returned(const struct caller *caller) {
    return atomic_load_explicit(&caller->returned, memory_order_relaxed);
}

// Every thread from now on, this one too, on the CPU where this one is.
static void one_cpu(void) {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET((size_t)sched_getcpu(), &cpus);
    sched_setaffinity(0, sizeof cpus, &cpus);
}

// --- Waiting for others to sleep --------------------------------------------

// Sleeps, polls and waits of the answer so far.
static long restless_calls(void) {
    return wb_calls(WB_SLEEP) + wb_calls(WB_POLL) + wb_calls(WB_READ) +
           wb_calls(WB_COND_WAIT);
}

// Waits until all of the N callers sleep. WHY says why they have to.
static void expect_asleep(struct caller *callers, int n, const char *why) {
    if (wb_wait_blocked(n))
        return;
    for (int i = 0; i < n; i++) {
        struct caller *c = &callers[i];
        if (!caller_returned(c))
            continue;
        caller_join(c);
        expect(false, "%s returned %d%s although %s",
               c->call == call_put   ? "bq_put"
               : c->call == call_get ? "bq_get"
                                     : "bq_get_timed",
               c->rc,
               c->rc == -EPIPE       ? " (-EPIPE)"
               : c->rc == -ETIMEDOUT ? " (-ETIMEDOUT)"
                                     : "",
               why);
    }
    expect_kind("busy-wait", false,
                "a call that had to wait because %s did not sleep until it is "
                "woken: it went on looking (%ld calls of sleep, poll, read or "
                "wait, %.0f ms of processor time)",
                why, restless_calls(), wb_cpu_ms());
}

// --- Small steps ------------------------------------------------------------

static bqueue *new_queue(size_t cap) {
    bqueue *q = bq_new(cap);
    expect(q != NULL, "bq_new(%zu) returned NULL", cap);
    return q;
}

static char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

static const char *named(const void *item) {
    static _Thread_local char text[2][32];
    static _Thread_local int turn;
    const char *letter = item;
    char *name = text[turn++ % 2];
    if (item == NULL)
        snprintf(name, 32, "NULL");
    else if (letter >= letters && letter < letters + sizeof letters - 1)
        snprintf(name, 32, "item %c", *letter);
    else
        snprintf(name, 32, "%p, which nobody put", item);
    return name;
}

static void put(bqueue *q, void *item) {
    int rc = bq_put(q, item);
    expect(rc == 0, "bq_put of %s returned %d instead of 0", named(item), rc);
}

static void expect_got(const char *call, int rc, const void *item,
                       const void *wanted) {
    expect(rc == 0, "%s returned %d instead of 0 and %s", call, rc,
           named(wanted));
    expect(item == wanted, "%s handed out %s instead of %s", call, named(item),
           named(wanted));
}

static void get(bqueue *q, const void *wanted) {
    void *item = letters + 25;
    int rc = bq_get(q, &item);
    expect_got("bq_get", rc, item, wanted);
}

// Both kinds of get find Q closed and empty, and leave *item alone.
static void expect_over(bqueue *q) {
    void *item = letters + 25;
    int rc = bq_get(q, &item);
    expect(rc == -EPIPE,
           "bq_get returned %d instead of -EPIPE (%d) from a queue that is "
           "closed and empty",
           rc, -EPIPE);
    rc = bq_get_timed(q, &item, 0);
    expect(rc == -EPIPE,
           "bq_get_timed returned %d instead of -EPIPE (%d) from a queue that "
           "is closed and empty",
           rc, -EPIPE);
    expect(item == letters + 25, "a get that returned -EPIPE changed *item");
}

static void expect_no_put(bqueue *q) {
    int rc = bq_put(q, &letters[25]);
    expect(rc == -EPIPE,
           "bq_put returned %d instead of -EPIPE (%d) although the queue is "
           "closed",
           rc, -EPIPE);
}

static void expect_len(bqueue *q, size_t wanted, const char *when) {
    size_t len = bq_len(q);
    expect(len == wanted, "bq_len returned %zu instead of %zu %s", len, wanted,
           when);
}

// --- One thread -------------------------------------------------------------

START_TEST(first_in_first_out) {
    bqueue *q = new_queue(3), *other = new_queue(1);
    expect_len(q, 0, "from a new queue");
    put(other, &letters[9]);
    for (int round = 0; round < 5; round++) {
        put(q, &letters[0]);
        put(q, NULL);
        expect_len(q, 2, "after two puts");
        get(q, &letters[0]);
        put(q, &letters[1]);
        put(q, &letters[2]);
        expect_len(q, 3, "with three items in it");
        get(q, NULL);
        get(q, &letters[1]);
        get(q, &letters[2]);
        expect_len(q, 0, "after every item was taken out");
    }
    get(other, &letters[9]);
    bq_free(other);
    bq_free(q);
}
END_TEST

START_TEST(close_lets_the_rest_out) {
    bqueue *q = new_queue(4);
    put(q, &letters[0]);
    put(q, &letters[1]);
    bq_close(q);
    expect_no_put(q);
    expect_no_put(q);
    expect_len(q, 2, "from a queue closed with two items in it");
    get(q, &letters[0]);
    expect_no_put(q);
    bq_close(q);
    void *item = NULL;
    int rc = bq_get_timed(q, &item, 0);
    expect_got("bq_get_timed", rc, item, &letters[1]);
    expect_over(q);
    expect_over(q);
    expect_no_put(q);
    expect_len(q, 0, "from a queue that is closed and empty");
    bq_close(q);
    bq_free(q);
}
END_TEST

START_TEST(time_is_up) {
    bqueue *q = new_queue(2);
    void *item = &letters[25];
    static const long timeouts[] = {0, 60, 1};
    for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++) {
        long before = wb_now_ms();
        int rc = bq_get_timed(q, &item, timeouts[i]);
        long took = wb_now_ms() - before;
        expect(rc == -ETIMEDOUT,
               "bq_get_timed(…, %ld) returned %d instead of -ETIMEDOUT (%d) "
               "from an empty queue",
               timeouts[i], rc, -ETIMEDOUT);
        expect(took >= timeouts[i] - 20,
               "bq_get_timed(…, %ld) gave up after %ld ms", timeouts[i], took);
        expect(item == &letters[25],
               "bq_get_timed returned -ETIMEDOUT and changed *item");
        expect_len(q, 0, "after a timed get in vain");
    }
    put(q, &letters[0]);
    int rc = bq_get_timed(q, &item, 0);
    expect_got("bq_get_timed(…, 0)", rc, item, &letters[0]);
    put(q, &letters[1]);
    rc = bq_get_timed(q, &item, DAY_MS);
    expect_got("bq_get_timed(…, 86400000)", rc, item, &letters[1]);
    bq_free(q);
}
END_TEST

START_TEST(items_left_behind) {
    for (int closed = 0; closed < 2; closed++) {
        bqueue *q = new_queue(3);
        put(q, &letters[0]);
        put(q, &letters[1]);
        get(q, &letters[0]);
        put(q, &letters[2]);
        if (closed)
            bq_close(q);
        bq_free(q);
    }
    expect(memcmp(letters, "ABC", 3) == 0, "bq_free wrote to an item");
}
END_TEST

START_TEST(memory_is_short) {
    for (int k = 1; k <= 4; k++) {
        wb_fail_call(WB_MALLOC, k);
        errno = 0;
        bqueue *q = bq_new(3);
        int error = errno;
        bool failed = wb_failed(WB_MALLOC);
        wb_fail_call(WB_MALLOC, 0);
        if (!failed) { // it needs fewer allocations than that
            expect(q != NULL, "bq_new(3) returned NULL");
            bq_free(q);
            return;
        }
        expect(q == NULL,
               "bq_new returned a queue although its allocation number %d had "
               "failed",
               k);
        expect(error != 0, "bq_new returned NULL and left errno at 0");
    }
}
END_TEST

// --- Waiting and being woken ------------------------------------------------

START_TEST(get_waits_for_an_item) {
    bqueue *q = new_queue(2);
    struct caller getter = {.q = q, .call = call_get};
    caller_start(&getter);
    expect_asleep(&getter, 1, "the queue was empty and open");
    put(q, &letters[0]);
    caller_join(&getter);
    expect_got("a bq_get that had to wait", getter.rc, getter.item,
               &letters[0]);
    bq_free(q);
}
END_TEST

struct filler {
    struct caller base; // first: call_fill gets a pointer to it
    int items;
};

static int call_fill(struct caller *self) {
    struct filler *filler = (struct filler *)self;
    for (int i = 0; i < filler->items; i++) {
        int rc = bq_put(self->q, &letters[i]);
        if (rc != 0)
            return rc;
    }
    return 0;
}

START_TEST(put_waits_for_room) {
    bqueue *q = new_queue(3);
    struct filler filler = {.base = {.q = q, .call = call_fill}, .items = 4};
    caller_start(&filler.base);
    if (!wb_wait_blocked(1)) {
        caller_join(&filler.base);
        expect(false,
               "a thread that put 4 items into an empty queue of capacity 3 "
               "did not have to wait; the last bq_put returned %d",
               filler.base.rc);
    }
    // Nothing but bq_len's own lock orders this after the filler's puts.
    expect_len(q, 3, "from a full queue of capacity 3");
    get(q, &letters[0]);
    caller_join(&filler.base);
    expect(filler.base.rc == 0,
           "a bq_put that had to wait for room returned %d", filler.base.rc);
    expect_len(q, 3, "after the waiting put took the free place");
    get(q, &letters[1]);
    get(q, &letters[2]);
    get(q, &letters[3]);
    bq_free(q);
}
END_TEST

// One timed get that has to wait, and an item that comes in time. False if
// this machine is so busy that the time was up before that: no verdict then.
static bool timed_get_once(bqueue *q, long timeout_ms) {
    struct caller getter = {
        .q = q, .call = call_get_timed, .timeout_ms = timeout_ms};
    long before = wb_now_ms();
    caller_start(&getter);
    bool slept = wb_wait_blocked(1);
    if (!slept && wb_now_ms() - before >= timeout_ms) {
        caller_join(&getter);
        return false;
    }
    if (!slept)
        expect_asleep(&getter, 1,
                      "nothing was put yet and its time was not "
                      "up");
    put(q, &letters[0]);
    bool in_time = wb_now_ms() - before < timeout_ms;
    caller_join(&getter);
    if (!in_time && getter.rc == -ETIMEDOUT) {
        get(q, &letters[0]);
        return false;
    }
    expect_got("a bq_get_timed that had to wait", getter.rc, getter.item,
               &letters[0]);
    return true;
}

// 999 ms from now is in the next second, whatever the time is.
START_TEST(timed_get_waits_for_an_item) {
    static const long timeouts[] = {999, 1999, 999};
    bqueue *q = new_queue(1);
    for (int i = 0; i < 3; i++)
        timed_get_once(q, timeouts[i]);
    bq_free(q);
}
END_TEST

// Looks again and again until the answer has made no call for 200 ms. False if
// it goes on and on. (It may well spin for a while before it falls asleep.)
static bool becomes_quiet(double *cpu_ms) {
    long calls = restless_calls();
    for (int quiet = 0, looks = 0; looks < 30; looks++) {
        *cpu_ms = quiet == 0 ? wb_cpu_ms() : *cpu_ms;
        wb_sleep_ms(50);
        quiet = restless_calls() == calls ? quiet + 1 : 0;
        calls = restless_calls();
        if (quiet == 4) {
            *cpu_ms = wb_cpu_ms() - *cpu_ms;
            return true;
        }
    }
    return false;
}

// Comes first, and does without wb_wait_blocked(): of a queue that polls no
// call ever sleeps for good.
START_TEST(waiting_is_sleeping) {
    bqueue *empty = new_queue(1), *full = new_queue(1), *other = new_queue(1);
    put(full, &letters[0]);
    struct caller callers[3] = {
        {.q = empty, .call = call_get},
        {.q = full, .call = call_put, .item = &letters[1]},
        {.q = other, .call = call_get_timed, .timeout_ms = 1500},
    };
    for (int i = 0; i < 3; i++)
        caller_start(&callers[i]);
    double cpu_ms = 0;
    bool quiet = becomes_quiet(&cpu_ms);
    expect(quiet,
           "while a put, a get and a timed get had to wait and nothing "
           "happened, the queue went on making calls of sleep, poll, read or "
           "wait: %ld of them by now",
           restless_calls());
    expect(cpu_ms < 60,
           "while a put, a get and a timed get had to wait for 200 ms, they "
           "used %.0f ms of processor time",
           cpu_ms);
    put(empty, &letters[0]);
    get(full, &letters[0]);
    bq_close(other);
    for (int i = 0; i < 3; i++)
        caller_join(&callers[i]);
    bq_free(empty);
    bq_free(full);
    bq_free(other);
}
END_TEST

// --- Closing ----------------------------------------------------------------

static void expect_turned_away(const struct caller *caller, const char *what) {
    expect(caller->rc == -EPIPE,
           "%s that waited while the queue was closed returned %d instead of "
           "-EPIPE (%d)",
           what, caller->rc, -EPIPE);
}

START_TEST(close_wakes_gets) {
    bqueue *q = new_queue(2);
    struct caller getters[3] = {{.q = q, .call = call_get},
                                {.q = q, .call = call_get},
                                {.q = q, .call = call_get}};
    for (int i = 0; i < 3; i++)
        caller_start(&getters[i]);
    expect_asleep(getters, 3, "the queue was empty and open");
    bq_close(q);
    for (int i = 0; i < 3; i++) {
        caller_join(&getters[i]);
        expect_turned_away(&getters[i], "a bq_get");
    }
    expect_over(q);
    expect_no_put(q);
    bq_free(q);
}
END_TEST

START_TEST(close_wakes_puts) {
    bqueue *q = new_queue(1);
    put(q, &letters[0]);
    struct caller putters[3];
    for (int i = 0; i < 3; i++) {
        putters[i] =
            (struct caller){.q = q, .call = call_put, .item = &letters[1 + i]};
        caller_start(&putters[i]);
    }
    expect_asleep(putters, 3, "the queue was full and open");
    bq_close(q);
    for (int i = 0; i < 3; i++) {
        caller_join(&putters[i]);
        expect_turned_away(&putters[i], "a bq_put");
    }
    expect_len(q, 1, "although every put that waited was turned away");
    get(q, &letters[0]);
    expect_over(q);
    bq_free(q);
}
END_TEST

// A get that is not woken comes back with -ETIMEDOUT in the end, not before.
START_TEST(close_wakes_timed_gets) {
    enum { LONG_MS = 2000 };
    bqueue *q = new_queue(1);
    struct caller getters[2];
    long before = wb_now_ms();
    for (int i = 0; i < 2; i++) {
        getters[i] = (struct caller){
            .q = q, .call = call_get_timed, .timeout_ms = LONG_MS};
        caller_start(&getters[i]);
    }
    expect_asleep(getters, 2, "the queue was empty and open");
    bq_close(q);
    bool in_time = wb_now_ms() - before < LONG_MS;
    for (int i = 0; i < 2; i++) {
        caller_join(&getters[i]);
        if (in_time)
            expect_turned_away(&getters[i], "a bq_get_timed");
    }
    bq_free(q);
}
END_TEST

// --- Who comes first after a wake-up ----------------------------------------

// A getter is woken for an item that is gone when it looks.
START_TEST(item_gone_again) {
    one_cpu();
    bqueue *q = new_queue(2);
    for (int round = 0; round < 8; round++) {
        struct caller getter = {.q = q, .call = call_get, .manner = LAZY};
        caller_start(&getter);
        expect_asleep(&getter, 1, "the queue was empty and open");
        put(q, &letters[0]);
        void *item = NULL;
        int rc = bq_get_timed(q, &item, 0);
        const void *wanted = &letters[0];
        if (rc == 0) { // taken from under the getter's nose
            expect_asleep(&getter, 1,
                          "another thread had taken the only item "
                          "while it woke up");
            put(q, &letters[1]);
            wanted = &letters[1];
        }
        caller_join(&getter);
        expect_got("a bq_get that was woken in vain once", getter.rc,
                   getter.item, wanted);
        expect_len(q, 0, "after every item was taken out");
    }
    bq_free(q);
}
END_TEST

static int call_get_put(struct caller *self) {
    void *item = NULL;
    int rc = bq_get(self->q, &item);
    return rc != 0 ? rc : bq_put(self->q, self->item);
}

// A putter is woken for a place that is taken when it looks.
START_TEST(room_gone_again) {
    one_cpu();
    for (int round = 0; round < 8; round++) {
        bqueue *q = new_queue(1);
        put(q, &letters[0]);
        struct caller putter = {
            .q = q, .call = call_put, .item = &letters[1], .manner = LAZY};
        caller_start(&putter);
        expect_asleep(&putter, 1, "the queue was full and open");
        struct caller thief = {
            .q = q, .call = call_get_put, .item = &letters[2]};
        caller_start(&thief);
        // One of the two gets the place and returns, the other one sleeps.
        if (wb_wait_blocked(2))
            caller_join(&thief); // never: the runner tells who waits for whom
        bool one_waits = wb_wait_blocked(1);
        expect_len(q, 1, "from a full queue of capacity 1");
        expect(one_waits, "two bq_puts went through although one place was "
                          "free: the queue holds more than its capacity of 1");
        void *first = NULL, *second = NULL;
        int rc = bq_get(q, &first);
        expect(rc == 0, "bq_get returned %d from a full queue", rc);
        rc = bq_get(q, &second);
        expect(rc == 0, "bq_get returned %d from a full queue", rc);
        caller_join(&putter);
        caller_join(&thief);
        expect(first != second &&
                   (first == &letters[1] || first == &letters[2]) &&
                   (second == &letters[1] || second == &letters[2]),
               "of two waiting puts of item B and item C, the gets handed out "
               "%s and %s",
               named(first), named(second));
        bq_free(q);
    }
}
END_TEST

// Two gets wait, two items are put before either of them runs.
static void two_items_for_two(size_t cap) {
    one_cpu();
    for (int round = 0; round < 5; round++) {
        bqueue *q = new_queue(cap);
        struct caller getters[2];
        for (int i = 0; i < 2; i++) {
            getters[i] =
                (struct caller){.q = q, .call = call_get, .manner = LAZY};
            caller_start(&getters[i]);
        }
        expect_asleep(getters, 2, "the queue was empty and open");
        put(q, &letters[0]);
        put(q, &letters[1]);
        for (int i = 0; i < 2; i++)
            caller_join(&getters[i]);
        expect(getters[0].rc == 0 && getters[1].rc == 0 &&
                   getters[0].item != getters[1].item,
               "two gets waited, item A and item B were put; the gets returned "
               "%d and %d, with %s and %s",
               getters[0].rc, getters[1].rc, named(getters[0].item),
               named(getters[1].item));
        bq_free(q);
    }
}

START_TEST(two_waiting_gets) {
    two_items_for_two(4);
}
END_TEST

START_TEST(two_waiting_gets_and_a_put) {
    two_items_for_two(1);
}
END_TEST

// Two puts wait, TAKEN items are taken out before either of them runs.
static void two_rooms_for_two(size_t cap) {
    one_cpu();
    for (int round = 0; round < 5; round++) {
        bqueue *q = new_queue(cap);
        for (size_t i = 0; i < cap; i++)
            put(q, &letters[i]);
        struct caller putters[2];
        for (int i = 0; i < 2; i++) {
            putters[i] = (struct caller){.q = q,
                                         .call = call_put,
                                         .item = &letters[10 + i],
                                         .manner = LAZY};
            caller_start(&putters[i]);
        }
        expect_asleep(putters, 2, "the queue was full and open");
        void *taken[2] = {NULL, NULL};
        for (int i = 0; i < 2; i++) {
            int rc = bq_get(q, &taken[i]);
            expect(rc == 0, "bq_get returned %d from an open queue", rc);
        }
        expect(taken[0] == &letters[0],
               "the first of two gets handed out %s "
               "instead of item A, the oldest",
               named(taken[0]));
        for (int i = 0; i < 2; i++) {
            caller_join(&putters[i]);
            expect(putters[i].rc == 0,
                   "a bq_put that had to wait for room returned %d",
                   putters[i].rc);
        }
        expect_len(q, cap, "after two gets and two puts on a full queue");
        bq_free(q);
    }
}

START_TEST(two_waiting_puts) {
    two_rooms_for_two(3);
}
END_TEST

START_TEST(two_waiting_puts_and_a_get) {
    two_rooms_for_two(1);
}
END_TEST

// The one who is woken looks at the queue before the one who woke him goes on.
START_TEST(woken_in_mid_put) {
    one_cpu();
    bqueue *q = new_queue(1);
    for (int round = 0; round < 4; round++) {
        struct caller getter = {.q = q, .call = call_get};
        struct caller putter = {
            .q = q, .call = call_put, .item = &letters[0], .manner = MEEK};
        caller_start(&getter);
        expect_asleep(&getter, 1, "the queue was empty and open");
        caller_start(&putter);
        caller_join(&getter);
        caller_join(&putter);
        expect_got("a bq_get that had to wait", getter.rc, getter.item,
                   &letters[0]);
    }
    bq_free(q);
}
END_TEST

START_TEST(woken_in_mid_get) {
    one_cpu();
    bqueue *q = new_queue(1);
    put(q, &letters[0]);
    for (int round = 0; round < 4; round++) {
        struct caller putter = {
            .q = q, .call = call_put, .item = &letters[round + 1]};
        struct caller getter = {.q = q, .call = call_get, .manner = MEEK};
        caller_start(&putter);
        expect_asleep(&putter, 1, "the queue was full and open");
        caller_start(&getter);
        caller_join(&putter);
        caller_join(&getter);
        expect_got("bq_get", getter.rc, getter.item, &letters[round]);
    }
    bq_free(q);
}
END_TEST

START_TEST(woken_in_mid_close) {
    one_cpu();
    for (int round = 0; round < 4; round++) {
        bqueue *empty = new_queue(1), *full = new_queue(1);
        put(full, &letters[0]);
        struct caller waiters[2] = {
            {.q = empty, .call = call_get},
            {.q = full, .call = call_put, .item = &letters[1]}};
        struct caller closers[2] = {
            {.q = empty, .call = call_close, .manner = MEEK},
            {.q = full, .call = call_close, .manner = MEEK}};
        for (int i = 0; i < 2; i++)
            caller_start(&waiters[i]);
        expect_asleep(waiters, 2, "nothing had happened yet");
        for (int i = 0; i < 2; i++)
            caller_start(&closers[i]);
        for (int i = 0; i < 2; i++) {
            caller_join(&waiters[i]);
            caller_join(&closers[i]);
            expect_turned_away(&waiters[i], i == 0 ? "a bq_get" : "a bq_put");
        }
        bq_free(empty);
        bq_free(full);
    }
}
END_TEST

// A timed get is woken again and again for an item that is gone.
START_TEST(time_goes_on) {
    one_cpu();
    bqueue *q = new_queue(1);
    struct caller getter = {
        .q = q, .call = call_get_timed, .timeout_ms = 60, .manner = LAZY};
    caller_start(&getter);
    int stolen = 0;
    for (; stolen < 150 && !caller_returned(&getter); stolen++) {
        put(q, &letters[0]);
        void *item = NULL;
        if (bq_get_timed(q, &item, 0) != 0)
            break; // the getter was faster, and has it
        wb_sleep_ms(20);
    }
    expect(stolen < 150,
           "bq_get_timed(…, 60) was woken %d times in %d ms for an item that "
           "was gone, and still waited: each wake-up starts its time again",
           stolen, stolen * 20);
    caller_join(&getter);
    expect(getter.rc == 0 || getter.rc == -ETIMEDOUT,
           "bq_get_timed returned %d from an open queue", getter.rc);
    bq_free(q);
}
END_TEST

// --- Traffic ----------------------------------------------------------------

enum { SIDES = 4 };

struct parcel {
    int from;   // the producer's number
    int serial; // 0, 1, … of each producer
    int seen;   // how often a consumer got it
};

static struct traffic {
    bqueue *q;
    int each; // parcels of each producer
    struct parcel *parcels[SIDES];
    int accepted[SIDES]; // puts that returned 0; each producer's own
    int got[SIDES];      // each consumer's own
    atomic_int number;   // gives every thread its own
} traffic;

static void *producer_main(void *arg) {
    int me = (int)(size_t)arg;
    for (int i = 0; i < traffic.each; i++) {
        struct parcel *parcel = &traffic.parcels[me][i];
        *parcel = (struct parcel){me, i, 0};
        int rc = bq_put(traffic.q, parcel);
        if (rc == -EPIPE)
            break;
        expect(rc == 0, "bq_put returned %d", rc);
        traffic.accepted[me]++;
    }
    return NULL;
}

static void consume(int me, struct parcel *parcel, int *last) {
    int from = parcel->from;
    expect(from >= 0 && from < SIDES, "bq_get handed out what nobody put");
    parcel->seen++;
    expect(parcel->seen == 1, "one item was handed out %d times", parcel->seen);
    expect(parcel->serial > last[from],
           "one bq_get handed out item %d of a producer, and a later one, of "
           "the same thread, its item %d",
           last[from], parcel->serial);
    last[from] = parcel->serial;
    traffic.got[me]++;
}

static void *consumer_main(void *arg) {
    int me = (int)(size_t)arg;
    int last[SIDES] = {-1, -1, -1, -1};
    for (int i = 0;; i++) {
        void *item = NULL;
        int rc = i % 3 == 2 ? bq_get_timed(traffic.q, &item, 0) : -ETIMEDOUT;
        if (rc == -ETIMEDOUT)
            rc = bq_get(traffic.q, &item);
        if (rc == -EPIPE)
            return NULL;
        expect(rc == 0, "a get returned %d", rc);
        expect(item != NULL, "a get returned 0 and handed out nothing");
        consume(me, item, last);
    }
}

// SIDES producers and consumers through a queue of CAP; closed by main when
// the producers are done, or in the midst of it.
static void run_traffic(size_t cap, int sides, int each, bool abort) {
    memset(&traffic, 0, sizeof traffic);
    traffic.q = new_queue(cap);
    traffic.each = each;
    pthread_t producers[SIDES], consumers[SIDES];
    for (int i = 0; i < sides; i++) {
        traffic.parcels[i] = calloc((size_t)each, sizeof(struct parcel));
        ck_assert_ptr_nonnull(traffic.parcels[i]);
    }
    for (size_t i = 0; i < (size_t)sides; i++) {
        pthread_create(&consumers[i], NULL, consumer_main, (void *)i);
        pthread_create(&producers[i], NULL, producer_main, (void *)i);
    }
    for (int looks = 0; looks < 200; looks++) {
        size_t len = bq_len(traffic.q);
        expect(len <= cap, "bq_len returned %zu for a queue of capacity %zu",
               len, cap);
    }
    if (abort)
        bq_close(traffic.q);
    for (int i = 0; i < sides; i++)
        pthread_join(producers[i], NULL);
    bq_close(traffic.q);
    for (int i = 0; i < sides; i++)
        pthread_join(consumers[i], NULL);
}

static void expect_all_delivered(int sides) {
    int accepted = 0, got = 0;
    for (int i = 0; i < sides; i++) {
        accepted += traffic.accepted[i];
        got += traffic.got[i];
        for (int k = 0; k < traffic.accepted[i]; k++)
            expect(traffic.parcels[i][k].seen == 1,
                   "bq_put number %d of a producer returned 0, but no get "
                   "handed the item out before the gets said -EPIPE",
                   k);
        free(traffic.parcels[i]);
    }
    expect(accepted == got, "%d items went in, %d came out", accepted, got);
    expect_len(traffic.q, 0, "after all was delivered");
    bq_free(traffic.q);
}

START_TEST(four_to_four) {
    int each = suite_size(2500, 400, 40);
    run_traffic(7, 4, each, false);
    for (int i = 0; i < 4; i++)
        expect(traffic.accepted[i] == each,
               "%d of %d puts of a producer returned 0 although the queue was "
               "open",
               traffic.accepted[i], each);
    expect_all_delivered(4);
}
END_TEST

START_TEST(narrow_traffic) {
    run_traffic(1, 2, suite_size(2000, 300, 40), false);
    expect_all_delivered(2);
}
END_TEST

START_TEST(closed_in_traffic) {
    for (int round = 0; round < suite_size(20, 6, 2); round++) {
        run_traffic(2, 3, suite_size(1000, 300, 40), true);
        expect_all_delivered(3);
    }
}
END_TEST

SUITE(
    TEST(waiting_is_sleeping, "a call that waits sleeps until it is woken",
         .kind = "busy-wait", .stages = IN_TESTS),
    TEST(first_in_first_out, "what was put first comes out first"),
    TEST(get_waits_for_an_item, "a get waits while the queue is empty"),
    TEST(put_waits_for_room, "a put waits while the queue is full"),
    TEST(close_lets_the_rest_out, "a closed queue takes nothing more and still "
                                  "hands out what is in it"),
    TEST(close_wakes_gets, "bq_close wakes every get that waits"),
    TEST(close_wakes_puts, "bq_close wakes every put that waits"),
    TEST(close_wakes_timed_gets, "bq_close wakes every timed get that waits"),
    TEST(time_is_up, "a timed get gives up when its time is up, not earlier"),
    TEST(timed_get_waits_for_an_item, "a timed get that waits gets the item "
                                      "that comes in time"),
    TEST(item_gone_again, "a get that wakes up too late waits on",
         .stages = IN_TESTS),
    TEST(room_gone_again, "a put that wakes up too late waits on",
         .stages = IN_TESTS),
    TEST(two_waiting_gets, "two items wake two waiting gets",
         .stages = IN_TESTS),
    TEST(two_waiting_gets_and_a_put,
         "with two gets and a put waiting, the "
         "right one wakes",
         .stages = IN_TESTS),
    TEST(two_waiting_puts, "two free places wake two waiting puts",
         .stages = IN_TESTS),
    TEST(two_waiting_puts_and_a_get,
         "with two puts and a get waiting, the "
         "right one wakes",
         .stages = IN_TESTS),
    TEST(woken_in_mid_put, "a get that is woken finds the item there",
         .stages = IN_TESTS),
    TEST(woken_in_mid_get, "a put that is woken finds the room there",
         .stages = IN_TESTS),
    TEST(woken_in_mid_close, "who is woken by bq_close finds the queue closed",
         .stages = IN_TESTS),
    TEST(time_goes_on, "a timed get that is woken in vain keeps its deadline",
         .stages = IN_TESTS),
    TEST(four_to_four, "4 producers and 4 consumers lose nothing, double "
                       "nothing, and keep each producer's order"),
    TEST(narrow_traffic, "2 producers and 2 consumers get through a queue of "
                         "capacity 1"),
    TEST(closed_in_traffic, "every item whose put returned 0 comes out, also "
                            "if the queue is closed meanwhile"),
    TEST(items_left_behind, "bq_free leaves items alone that are still there"),
    TEST(memory_is_short, "if memory is short, bq_new returns NULL and leaks "
                          "nothing"),
)

// --- Chosen schedules -------------------------------------------------------

static struct {
    bqueue *q;
    int things[3];
    int result[3];
    void *item[3];
} scene;

static void *scene_gets_0(void *arg) {
    scene.result[0] = bq_get(scene.q, &scene.item[0]);
    return arg;
}

static void *scene_gets_1(void *arg) {
    scene.result[1] = bq_get(scene.q, &scene.item[1]);
    return arg;
}

static void *scene_puts_1(void *arg) {
    scene.result[2] = bq_put(scene.q, &scene.things[1]);
    return arg;
}

static pthread_t start(void *(*function)(void *)) {
    pthread_t thread;
    int error = pthread_create(&thread, NULL, function, NULL);
    expect_kind("wrong-result", error == 0, "no thread could be created");
    return thread;
}

static void open_scene(size_t cap) {
    scene.q = bq_new(cap);
    expect(scene.q != NULL, "bq_new(%zu) returned NULL", cap);
}

SCENARIO(a_get_meets_a_put) {
    open_scene(1);
    pthread_t getter = start(scene_gets_0);
    int put = bq_put(scene.q, &scene.things[0]);
    pthread_join(getter, NULL);
    expect(put == 0 && scene.result[0] == 0 &&
               scene.item[0] == &scene.things[0],
           "one thread put an item and another one got: bq_put returned %d, "
           "bq_get %d, and the item is %s one",
           put, scene.result[0],
           scene.item[0] == &scene.things[0] ? "the same" : "another");
    bq_free(scene.q);
}

SCENARIO(a_get_meets_a_close) {
    open_scene(1);
    pthread_t getter = start(scene_gets_0);
    bq_close(scene.q);
    pthread_join(getter, NULL);
    expect(scene.result[0] == -EPIPE,
           "bq_get on an empty queue that another thread closed returned %d, "
           "not -EPIPE",
           scene.result[0]);
    bq_free(scene.q);
}

SCENARIO(a_put_waits_for_room) {
    open_scene(1);
    bq_put(scene.q, &scene.things[0]);
    pthread_t putter = start(scene_puts_1);
    void *first = NULL, *second = NULL;
    bq_get(scene.q, &first);
    pthread_join(putter, NULL);
    bq_get(scene.q, &second);
    expect(scene.result[2] == 0 && first == &scene.things[0] &&
               second == &scene.things[1],
           "a put had to wait for room in a queue of capacity 1; it returned "
           "%d, and the two items did not come out in their order",
           scene.result[2]);
    bq_free(scene.q);
}

SCENARIO(two_gets_and_two_puts) {
    open_scene(1);
    pthread_t getters[] = {start(scene_gets_0), start(scene_gets_1)};
    pthread_t putter = start(scene_puts_1);
    int put = bq_put(scene.q, &scene.things[0]);
    pthread_join(putter, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(getters[i], NULL);
    int *a = scene.item[0], *b = scene.item[1];
    expect(put == 0 && scene.result[0] == 0 && scene.result[1] == 0 &&
               scene.result[2] == 0 && a != NULL && b != NULL && a != b,
           "two puts and two gets at once: they returned %d, %d, %d and %d, "
           "and %s",
           put, scene.result[2], scene.result[0], scene.result[1],
           a == b ? "both gets have the same item" : "each got an item");
    bq_free(scene.q);
}

SCENARIO(closed_with_an_item_inside) {
    open_scene(2);
    pthread_t getter = start(scene_gets_0);
    int put = bq_put(scene.q, &scene.things[0]);
    bq_close(scene.q);
    pthread_join(getter, NULL);
    expect(put == 0 && scene.result[0] == 0 &&
               scene.item[0] == &scene.things[0],
           "an item was put and the queue closed then: bq_get returned %d "
           "instead of the item",
           scene.result[0]);
    bq_free(scene.q);
}

enum { PATIENCE_MS = 1000, MOST_MS = 1500 };
static long waited_ms;

static long clock_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void *scene_gets_timed(void *arg) {
    long begin = clock_ms();
    scene.result[0] = bq_get_timed(scene.q, &scene.item[0], PATIENCE_MS);
    waited_ms = clock_ms() - begin;
    return arg;
}

// The item comes when 0.6 s have passed, and is gone again at once: unless the
// waiting get was quicker, it has 0.4 s left. Time is the explorer's here.
SCENARIO(woken_in_vain) {
    open_scene(1);
    pthread_t getter = start(scene_gets_timed);
    usleep(600000);
    bq_put(scene.q, &scene.things[0]);
    int again = bq_get_timed(scene.q, &scene.item[1], 0);
    pthread_join(getter, NULL);
    int expected = again == 0 ? -ETIMEDOUT : 0;
    expect(scene.result[0] == expected && waited_ms < MOST_MS,
           "bq_get_timed with 1,000 ms was woken after about 600 ms, and the "
           "item was %s: it returned %d after %ld ms",
           again == 0 ? "gone again" : "still there", scene.result[0],
           waited_ms);
    expect(scene.result[0] == 0 || waited_ms >= PATIENCE_MS,
           "bq_get_timed with 1,000 ms was woken, and the item was gone again: "
           "it returned %d after %ld ms, before its time was over, instead of "
           "waiting on",
           scene.result[0], waited_ms);
    bq_free(scene.q);
}

SCENARIOS(
    {a_get_meets_a_put, "a get that waits is woken by a put", NULL},
    {a_get_meets_a_close, "a get that is about to wait is woken by bq_close",
     NULL},
    {a_put_waits_for_room, "a put that waits is woken by a get", NULL},
    {closed_with_an_item_inside, "a closed queue still hands out what is in it",
     NULL},
    {woken_in_vain, "a timed get that is woken in vain keeps its deadline",
     "wrong-result"},
    {two_gets_and_two_puts, "puts and gets wake the one who can go on", NULL},
)
