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
#include <sys/resource.h>
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

// --- Waiting for others to sleep, and to wake up ----------------------------

// How often the other threads have gone to sleep so far, in whatever call.
static long naps_of_others(void) {
    struct rusage all, mine;
    getrusage(RUSAGE_SELF, &all);
    getrusage(RUSAGE_THREAD, &mine);
    return all.ru_nvcsw - mine.ru_nvcsw;
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
                "woken: it went on looking (it fell asleep %ld times, and used "
                "%.0f ms of processor time)",
                why, naps_of_others(), wb_cpu_ms());
}

static int still_inside(const struct caller *callers, int n) {
    int inside = 0;
    for (int i = 0; i < n; i++)
        inside += !caller_returned(&callers[i]);
    return inside;
}

// Waits until all of the N callers have returned: true. False if those that
// have not are found asleep again and again: nobody has woken them. No clock
// decides. For callers that wait with a time limit: of others the runner says
// more itself.
static bool all_return(const struct caller *callers, int n) {
    enum { MOST_LOOKS = 400, MOST_NAPS = 25 };
    for (int looks = 0, naps = 0; looks < MOST_LOOKS && naps < MOST_NAPS;
         looks++) {
        int inside = still_inside(callers, n);
        if (inside == 0)
            return true;
        naps += wb_wait_blocked(inside);
    }
    return still_inside(callers, n) == 0;
}

// The only other thread, CALLER, is awake by now, or has been left asleep. Who
// comes back all the same some time later does not wait to be woken.
static void join_woken(struct caller *caller, const char *what) {
    bool woken = all_return(caller, 1);
    caller_join(caller);
    expect_kind("busy-wait", woken,
                "%s was not woken; it went on looking by itself, and saw some "
                "time later what it had waited for",
                what);
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

// An item is any pointer: none of them means "nothing".
START_TEST(any_pointer) {
    bqueue *q = new_queue(2);
    void *const items[] = {NULL, (void *)1, (void *)-1, q, (void *)-2};
    for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
        put(q, items[i]);
        get(q, items[i]);
        put(q, items[i]);
        void *item = letters + 25;
        int rc = bq_get_timed(q, &item, 0);
        expect_got("bq_get_timed(…, 0)", rc, item, items[i]);
        expect_len(q, 0, "after every item was taken out");
    }
    struct caller getter = {.q = q, .call = call_get, .item = letters + 25};
    caller_start(&getter);
    expect_asleep(&getter, 1, "the queue was empty and open");
    put(q, NULL);
    caller_join(&getter);
    expect_got("a bq_get that had to wait", getter.rc, getter.item, NULL);
    bq_free(q);
}
END_TEST

START_TEST(holds_its_capacity) {
    enum { CAP = 5000 };
    static char things[CAP];
    bqueue *q = new_queue(CAP);
    suite_note("puts %d items into a queue of capacity %d", CAP, CAP);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < CAP; i++) {
            int rc = bq_put(q, &things[i]);
            expect(rc == 0, "put number %d of %d returned %d", i + 1, CAP, rc);
        }
        expect_len(q, CAP, "from a full queue of capacity 5000");
        for (int i = 0; i < CAP; i++) {
            void *item = NULL;
            int rc = bq_get(q, &item);
            expect(rc == 0 && item == &things[i],
                   "of %d items that were put, get number %d returned %d and "
                   "%s item",
                   CAP, i + 1, rc,
                   item == &things[i] ? "the right" : "another");
        }
    }
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

// The time of GETTER, that nothing comes for, is over in the end. Who still
// sleeps long after that set a later alarm: when it goes off, a sleeper wakes
// up, however busy the machine is.
static void expect_gives_up(struct caller *getter) {
    enum { LONG_AFTER_MS = 1500 };
    long before = wb_now_ms();
    caller_start(getter);
    while (!caller_returned(getter)) {
        long waits = wb_now_ms() - before;
        if (waits > getter->timeout_ms + LONG_AFTER_MS && wb_wait_blocked(1) &&
            !caller_returned(getter))
            expect(false,
                   "bq_get_timed(…, %ld) on an empty queue still sleeps %ld ms "
                   "after it was called: it waits for a point in time that is "
                   "too far away, or for ever. Is that point computed from the "
                   "clock that the wait goes by, and in its units?",
                   getter->timeout_ms, waits);
        wb_sleep_ms(2);
    }
    long took = wb_now_ms() - before;
    caller_join(getter);
    expect(getter->rc == -ETIMEDOUT,
           "bq_get_timed(…, %ld) returned %d instead of -ETIMEDOUT (%d) from "
           "an empty queue",
           getter->timeout_ms, getter->rc, -ETIMEDOUT);
    expect(took >= getter->timeout_ms - 20,
           "bq_get_timed(…, %ld) gave up after %ld ms", getter->timeout_ms,
           took);
    expect(getter->item == &letters[25],
           "bq_get_timed returned -ETIMEDOUT and changed *item");
}

START_TEST(time_is_up) {
    bqueue *q = new_queue(2);
    static const long timeouts[] = {0, 60, 1};
    for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++) {
        struct caller getter = {.q = q,
                                .call = call_get_timed,
                                .timeout_ms = timeouts[i],
                                .item = &letters[25]};
        expect_gives_up(&getter);
        expect_len(q, 0, "after a timed get in vain");
    }
    put(q, &letters[0]);
    void *item = &letters[25];
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
    join_woken(&getter, "a bq_get that waited while an item was put");
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
    join_woken(&filler.base, "a bq_put that waited while bq_get made room");
    expect(filler.base.rc == 0,
           "a bq_put that had to wait for room returned %d", filler.base.rc);
    expect_len(q, 3, "after the waiting put took the free place");
    get(q, &letters[1]);
    get(q, &letters[2]);
    get(q, &letters[3]);
    bq_free(q);
}
END_TEST

// A timed get, too, tells a put that there is room.
START_TEST(put_waits_for_a_timed_get) {
    bqueue *q = new_queue(1);
    put(q, &letters[0]);
    struct caller putter = {.q = q, .call = call_put, .item = &letters[1]};
    caller_start(&putter);
    expect_asleep(&putter, 1, "the queue was full and open");
    void *item = NULL;
    int rc = bq_get_timed(q, &item, 0);
    expect_got("bq_get_timed(…, 0)", rc, item, &letters[0]);
    join_woken(&putter, "a bq_put that waited while bq_get_timed made room");
    expect(putter.rc == 0, "a bq_put that had to wait for room returned %d",
           putter.rc);
    get(q, &letters[1]);
    bq_free(q);
}
END_TEST

// Of every time in this list the milliseconds carry into the next second,
// whatever the clock says; none of them is over before the item comes.
START_TEST(timed_get_waits_for_an_item) {
    static const long timeouts[] = {3600999, 59999, DAY_MS};
    bqueue *q = new_queue(1);
    for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++) {
        struct caller getter = {
            .q = q, .call = call_get_timed, .timeout_ms = timeouts[i]};
        suite_note("a bq_get_timed(…, %ld) waits, then an item is put",
                   timeouts[i]);
        caller_start(&getter);
        expect_asleep(&getter, 1,
                      "nothing was put yet and its time was not "
                      "up");
        put(q, &letters[0]);
        expect_kind("lost-wakeup", all_return(&getter, 1),
                    "a bq_get_timed(…, %ld) waited; an item was put, and the "
                    "bq_get_timed sleeps on: bq_put did not wake it",
                    timeouts[i]);
        caller_join(&getter);
        expect_got("a bq_get_timed that had to wait", getter.rc, getter.item,
                   &letters[0]);
    }
    bq_free(q);
}
END_TEST

// Looks again and again until no other thread has woken up for 200 ms. False if
// they go on and on. (They may well spin for a while before they fall asleep.)
static bool becomes_quiet(double *cpu_ms) {
    long naps = naps_of_others();
    for (int quiet = 0, looks = 0; looks < 30; looks++) {
        *cpu_ms = quiet == 0 ? wb_cpu_ms() : *cpu_ms;
        wb_sleep_ms(50);
        quiet = naps_of_others() == naps ? quiet + 1 : 0;
        naps = naps_of_others();
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
        {.q = other, .call = call_get_timed, .timeout_ms = DAY_MS},
    };
    for (int i = 0; i < 3; i++)
        caller_start(&callers[i]);
    double cpu_ms = 0;
    bool quiet = becomes_quiet(&cpu_ms);
    expect(quiet,
           "while a put, a get and a timed get had to wait and nothing "
           "happened, they woke up and fell asleep again all the time: %ld "
           "times by now",
           naps_of_others());
    expect(cpu_ms < 60,
           "while a put, a get and a timed get had to wait for 200 ms, they "
           "used %.0f ms of processor time",
           cpu_ms);
    put(empty, &letters[0]);
    get(full, &letters[0]);
    bq_close(other);
    for (int i = 0; i < 2; i++)
        caller_join(&callers[i]);
    expect_kind("lost-wakeup", all_return(&callers[2], 1),
                "bq_close did not wake a bq_get_timed that waited");
    caller_join(&callers[2]);
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
    struct caller getters[3];
    for (int i = 0; i < 3; i++) {
        getters[i] =
            (struct caller){.q = q, .call = call_get, .item = &letters[25]};
        caller_start(&getters[i]);
    }
    expect_asleep(getters, 3, "the queue was empty and open");
    bq_close(q);
    for (int i = 0; i < 3; i++) {
        caller_join(&getters[i]);
        expect_turned_away(&getters[i], "a bq_get");
        expect(getters[i].item == &letters[25],
               "a bq_get that waited, and returned -EPIPE, changed *item");
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

START_TEST(close_wakes_timed_gets) {
    bqueue *q = new_queue(1);
    struct caller getters[2];
    for (int i = 0; i < 2; i++) {
        getters[i] = (struct caller){.q = q,
                                     .call = call_get_timed,
                                     .timeout_ms = DAY_MS,
                                     .item = &letters[25]};
        caller_start(&getters[i]);
    }
    expect_asleep(getters, 2, "the queue was empty and open");
    bq_close(q);
    expect_kind("lost-wakeup", all_return(getters, 2),
                "two bq_get_timed waited while the queue was closed, and %d of "
                "them still sleep%s: bq_close has to wake all who wait",
                still_inside(getters, 2),
                still_inside(getters, 2) == 1 ? "s" : "");
    for (int i = 0; i < 2; i++) {
        caller_join(&getters[i]);
        expect_turned_away(&getters[i], "a bq_get_timed");
        expect(getters[i].item == &letters[25],
               "a bq_get_timed that waited, and returned -EPIPE, changed "
               "*item");
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

// A put that waits is told that there is room, and before it looks the queue is
// closed. Once a get has said that nothing is left, nothing may come any more.
START_TEST(closed_before_it_looks) {
    one_cpu();
    for (int round = 0; round < 6; round++) {
        bqueue *q = new_queue(1);
        put(q, &letters[0]);
        struct caller putter = {
            .q = q, .call = call_put, .item = &letters[1], .manner = LAZY};
        caller_start(&putter);
        expect_asleep(&putter, 1, "the queue was full and open");
        get(q, &letters[0]);
        bq_close(q);
        void *item = NULL;
        int rc = bq_get_timed(q, &item, 0);
        caller_join(&putter);
        expect(rc == -EPIPE ? putter.rc == -EPIPE : putter.rc == 0,
               "a bq_put waited; a bq_get made room, and the queue was closed "
               "before the bq_put had looked. A get then returned %d%s, the "
               "bq_put %d",
               rc, rc == -EPIPE ? " (-EPIPE: nothing is left)" : "", putter.rc);
        if (rc == 0)
            expect_got("bq_get_timed(…, 0)", rc, item, &letters[1]);
        expect_over(q);
        bq_free(q);
    }
}
END_TEST

// N gets wait, N items are put before any of them runs. In each round others
// of them are timed ones.
static void items_for_gets(size_t cap, int n) {
    one_cpu();
    for (unsigned round = 0; round < 6; round++) {
        bqueue *q = new_queue(cap);
        struct caller getters[4];
        for (int i = 0; i < n; i++) {
            bool timed = (round + 1) >> i & 1;
            getters[i] =
                (struct caller){.q = q,
                                .call = timed ? call_get_timed : call_get,
                                .timeout_ms = DAY_MS,
                                .manner = LAZY};
            caller_start(&getters[i]);
        }
        expect_asleep(getters, n, "the queue was empty and open");
        for (int i = 0; i < n; i++)
            put(q, &letters[i]);
        for (int i = 0; i < n; i++) {
            struct caller *getter = &getters[i];
            expect_kind("lost-wakeup",
                        getter->call == call_get || all_return(getters, n),
                        "%d gets waited, and %d items were put; a bq_get_timed "
                        "among them sleeps on, and %zu items are left",
                        n, n, bq_len(q));
            caller_join(getter);
            expect(getter->rc == 0,
                   "%d gets waited, and %d items were put; one of the gets "
                   "returned %d",
                   n, n, getter->rc);
            for (int k = 0; k < i; k++)
                expect(getters[k].item != getter->item,
                       "of %d gets that waited, two have %s", n,
                       named(getter->item));
        }
        bq_free(q);
    }
}

START_TEST(waiting_gets) {
    items_for_gets(4, 4);
}
END_TEST

START_TEST(two_waiting_gets_and_a_put) {
    items_for_gets(1, 2);
}
END_TEST

// N puts wait, N items are taken out before any of them runs.
static void rooms_for_puts(size_t cap, int n) {
    one_cpu();
    for (int round = 0; round < 4; round++) {
        bqueue *q = new_queue(cap);
        for (size_t i = 0; i < cap; i++)
            put(q, &letters[i]);
        struct caller putters[4];
        for (int i = 0; i < n; i++) {
            putters[i] = (struct caller){.q = q,
                                         .call = call_put,
                                         .item = &letters[10 + i],
                                         .manner = LAZY};
            caller_start(&putters[i]);
        }
        expect_asleep(putters, n, "the queue was full and open");
        for (int i = 0; i < n; i++) {
            void *item = NULL;
            int rc = bq_get(q, &item);
            expect(rc == 0, "bq_get returned %d from an open queue", rc);
            expect((size_t)i >= cap || item == &letters[i],
                   "get number %d from a full queue handed out %s instead of "
                   "%s",
                   i + 1, named(item), named(&letters[i]));
        }
        for (int i = 0; i < n; i++) {
            caller_join(&putters[i]);
            expect(putters[i].rc == 0,
                   "a bq_put that had to wait for room returned %d",
                   putters[i].rc);
        }
        expect_len(q, cap, "after as many gets as puts on a full queue");
        bq_free(q);
    }
}

START_TEST(waiting_puts) {
    rooms_for_puts(4, 4);
}
END_TEST

START_TEST(two_waiting_puts_and_a_get) {
    rooms_for_puts(1, 2);
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

// Every thread calls one function and nothing else: a lock that it took in
// another one would order this one, too.
enum { ROUNDS = 60 };

static struct {
    bqueue *q;
    wb_gauge *start;
    int values[ROUNDS]; // written before the put, read after the get
    atomic_bool done;   // a glance: the puts are over
} alone;

static void read_value(const void *item) {
    const int *value = item;
    expect(value >= alone.values && value < alone.values + ROUNDS &&
               *value == 1 + (int)(value - alone.values),
           "a get handed out something else than what was put");
}

static void *only_puts(void *arg) {
    wb_gauge_enter(alone.start);
    for (int i = 0; i < ROUNDS; i++) {
        alone.values[i] = i + 1;
        int rc = bq_put(alone.q, &alone.values[i]);
        expect(rc == 0, "bq_put returned %d from an open queue", rc);
    }
    atomic_store_explicit(&alone.done, true, memory_order_relaxed);
    return arg;
}

static void *only_gets(void *arg) {
    void *item = NULL;
    wb_gauge_enter(alone.start);
    while (bq_get(alone.q, &item) == 0)
        read_value(item);
    return arg;
}

static void *only_gets_timed(void *arg) {
    void *item = NULL;
    wb_gauge_enter(alone.start);
    for (int rc = 0; rc != -EPIPE;) {
        rc = bq_get_timed(alone.q, &item, 1);
        if (rc == 0)
            read_value(item);
    }
    return arg;
}

static void *only_looks(void *arg) {
    wb_gauge_enter(alone.start);
    for (int i = 0; i < ROUNDS; i++) {
        size_t len = bq_len(alone.q);
        expect(len <= 2, "bq_len returned %zu for a queue of capacity 2", len);
        sched_yield();
    }
    return arg;
}

static void *only_closes(void *arg) {
    wb_gauge_enter(alone.start);
    while (!atomic_load_explicit(&alone.done, memory_order_relaxed))
        wb_sleep_ms(1);
    bq_close(alone.q);
    return arg;
}

START_TEST(one_call_a_thread) {
    void *(*const mains[])(void *) = {only_puts,   only_gets,  only_gets_timed,
                                      only_closes, only_looks, only_closes};
    enum { THREADS = sizeof mains / sizeof *mains };
    pthread_t threads[THREADS];
    alone.q = new_queue(2);
    alone.start = wb_gauge_new(THREADS);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, mains[i], NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    expect_over(alone.q);
    bq_free(alone.q);
}
END_TEST

// Helgrind looks at how the functions of pthreads are used, and is slow.
enum { WITHOUT_LOCKS = EVERYWHERE & ~IN_LOCKS };

SUITE(
    TEST(waiting_is_sleeping, "a call that waits sleeps until it is woken",
         .kind = "busy-wait", .stages = IN_TESTS),
    TEST(first_in_first_out, "what was put first comes out first"),
    TEST(any_pointer, "an item may be any pointer, NULL too",
         .stages = WITHOUT_LOCKS),
    TEST(holds_its_capacity,
         "a queue of capacity 5000 takes 5000 items "
         "without waiting",
         .stages = IN_TESTS | IN_MEMORY),
    TEST(get_waits_for_an_item, "a get waits while the queue is empty"),
    TEST(put_waits_for_room, "a put waits while the queue is full"),
    TEST(put_waits_for_a_timed_get,
         "a timed get that takes an item makes room "
         "for a put that waits",
         .stages = WITHOUT_LOCKS),
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
    TEST(closed_before_it_looks,
         "a put that waited while the queue was closed "
         "puts nothing in",
         .stages = IN_TESTS),
    TEST(waiting_gets, "four items wake four waiting gets", .stages = IN_TESTS),
    TEST(two_waiting_gets_and_a_put,
         "with two gets and a put waiting, the "
         "right one wakes",
         .stages = IN_TESTS),
    TEST(waiting_puts, "four free places wake four waiting puts",
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
    TEST(four_to_four,
         "4 producers and 4 consumers lose nothing, double "
         "nothing, and keep each producer's order",
         .stages = WITHOUT_LOCKS),
    TEST(narrow_traffic,
         "2 producers and 2 consumers get through a queue of "
         "capacity 1",
         .stages = WITHOUT_LOCKS),
    TEST(closed_in_traffic,
         "every item whose put returned 0 comes out, also "
         "if the queue is closed meanwhile",
         .stages = WITHOUT_LOCKS),
    TEST(one_call_a_thread, "any number of threads may be in any of the "
                            "functions at once"),
    TEST(items_left_behind, "bq_free leaves items alone that are still there"),
    TEST(memory_is_short, "if memory is short, bq_new returns NULL and leaks "
                          "nothing"), )

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

SCENARIO(a_put_meets_a_close) {
    open_scene(1);
    bq_put(scene.q, &scene.things[0]);
    pthread_t putter = start(scene_puts_1);
    void *first = NULL, *second = NULL;
    bq_get(scene.q, &first);
    bq_close(scene.q);
    int rest = bq_get(scene.q, &second);
    pthread_join(putter, NULL);
    expect(rest == scene.result[2] && (rest == 0 || rest == -EPIPE) &&
               (rest != 0 || second == &scene.things[1]),
           "a put met a get that made room, and bq_close after that. It "
           "returned %d, and the last get %d: either both 0, if the item went "
           "in before, or both -EPIPE (%d)",
           scene.result[2], rest, -EPIPE);
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

static void *scene_gets_and_puts(void *arg) {
    scene.result[0] = bq_get(scene.q, &scene.item[0]);
    scene.result[1] = bq_put(scene.q, &scene.things[1]);
    scene.result[2] = bq_get(scene.q, &scene.item[1]);
    return arg;
}

SCENARIO(a_look_meanwhile) {
    open_scene(1);
    bq_put(scene.q, &scene.things[0]);
    pthread_t other = start(scene_gets_and_puts);
    size_t len = bq_len(scene.q);
    pthread_join(other, NULL);
    expect(len <= 1,
           "a queue of capacity 1 held an item; while another thread took it "
           "out, put one in and took it out again, bq_len returned %zu",
           len);
    bq_free(scene.q);
}

enum { PATIENCE_MS = 1000, MOST_MS = 1500, MS_NS = 1000000 };
static long waited_ms;

static long clock_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000 + now.tv_nsec;
}

static long clock_ms(void) {
    return clock_ns() / MS_NS;
}

static void expect_time_out(long timeout_ms) {
    long begin = clock_ms();
    int rc = bq_get_timed(scene.q, &scene.item[0], timeout_ms);
    waited_ms = clock_ms() - begin;
    expect(rc == -ETIMEDOUT && waited_ms >= timeout_ms,
           "bq_get_timed(…, %ld) on an empty queue, with nobody there to put "
           "something, returned %d after %ld ms instead of -ETIMEDOUT (%d) "
           "after %ld. The point in time that it waits for is to be computed "
           "from the clock that the wait goes by; its nanoseconds have to be "
           "below 1,000,000,000",
           timeout_ms, rc, waited_ms, -ETIMEDOUT, timeout_ms);
    expect(waited_ms < timeout_ms + 100,
           "bq_get_timed(…, %ld) on an empty queue waited %ld ms. Is the point "
           "in time computed from the clock that the wait goes by, and in its "
           "units?",
           timeout_ms, waited_ms);
}

// Time is the explorer's here: it passes only by waiting, and looking at a
// clock takes it LOOK_NS. The last time-out is over at a full second.
SCENARIO(times_out) {
    enum { LOOK_NS = 1000 };
    static const long timeouts[] = {0, 1, 60, 999, 1000, 1999, 86400000};
    open_scene(1);
    for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++)
        expect_time_out(timeouts[i]);
    long next = clock_ns() + 2 * LOOK_NS; // clock_ms() looks, the answer looks
    long to_full_ms = MS_NS - next % MS_NS;
    nanosleep(&(struct timespec){0, to_full_ms}, NULL);
    expect_time_out(1000 - (next + to_full_ms) / MS_NS % 1000);
    bq_free(scene.q);
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
    {times_out, "a timed get gives up when its time is up, not earlier",
     "wrong-result"},
    {a_look_meanwhile,
     "bq_len says how many items there are, never more than "
     "the capacity",
     "wrong-result"},
    {a_put_waits_for_room, "a put that waits is woken by a get", NULL},
    {closed_with_an_item_inside, "a closed queue still hands out what is in it",
     NULL},
    {a_put_meets_a_close,
     "a put that waited while the queue was closed puts nothing in", NULL},
    {woken_in_vain, "a timed get that is woken in vain keeps its deadline",
     "wrong-result"},
    {two_gets_and_two_puts, "puts and gets wake the one who can go on", NULL}, )
