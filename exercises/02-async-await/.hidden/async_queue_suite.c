// SPDX-License-Identifier: MIT
// Tests of async_queue. Every test is one run of the loop on its imaginary
// clock. A test that finds a task waiting where it must not says so itself; the
// loop's own watch is for what no test expects.
#include "async_queue.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/lp_suite.h"
#include "lib/lp_test.h"
#include "lib/wb.h"

static aqueue *q;

// --- The loop ----------------------------------------------------------------

static void on_stuck(int tasks) {
    suite_fail("lost-wakeup", __FILE__, __LINE__,
               "%d tasks wait, and none of them can ever go on", tasks);
}

static void on_restless(long steps) {
    suite_fail("busy-wait", __FILE__, __LINE__,
               "while a task waited in the queue, %ld turns were taken at one "
               "moment of the clock: a task that waits takes no turns",
               steps);
}

static const struct lp_watch strict = {on_stuck, on_restless, 20000};

static void run(int (*body)(void *)) {
    lp_use_virtual_time(&strict);
    int rc = lp_run(body, NULL);
    expect(rc == 0, "the loop ended with %d", rc);
}

static void make(size_t cap) {
    q = aq_new(cap);
    expect(q != NULL, "aq_new(%zu) returned NULL", cap);
}

// Lets everybody go on who can.
static void settle(void) {
    lp_sleep(1);
}

// --- Tasks that put and get one item -----------------------------------------

static int turns; // of getters and putters that were served, counted up

struct visitor {
    void *item;
    int rc;
    int turn; // 0: still waiting
    long at;
};

static void *number(long n) {
    return (void *)(intptr_t)n;
}

static long number_of(const void *item) {
    return (long)(intptr_t)item;
}

static int visits_to_get(void *arg) {
    struct visitor *v = arg;
    v->item = number(-1);
    v->rc = aq_get(q, &v->item);
    v->at = lp_now();
    v->turn = ++turns;
    return 0;
}

static int visits_to_put(void *arg) {
    struct visitor *v = arg;
    v->rc = aq_put(q, v->item);
    v->at = lp_now();
    v->turn = ++turns;
    return 0;
}

static void put_now(long n) {
    int rc = aq_put_nowait(q, number(n));
    expect(rc == 0, "aq_put_nowait returned %d although there was room", rc);
}

static void get_now(long wanted) {
    void *item = number(-1);
    int rc = aq_get_nowait(q, &item);
    expect(rc == 0, "aq_get_nowait returned %d although item %ld was there", rc,
           wanted);
    expect(item == number(wanted), "aq_get_nowait handed out %ld, not %ld",
           number_of(item), wanted);
}

static void expect_waiting(const struct visitor *v, const char *call,
                           const char *why) {
    expect(v->turn == 0, "%s returned %d although %s", call, v->rc, why);
}

static void expect_got(const struct visitor *v, long wanted, const char *what) {
    expect_kind("lost-wakeup", v->turn != 0,
                "%s: a task still waits in aq_get, and %zu items are there",
                what, aq_len(q));
    expect(v->rc == 0, "%s: aq_get returned %d", what, v->rc);
    expect(v->item == number(wanted), "%s: aq_get handed out %ld, not %ld",
           what, number_of(v->item), wanted);
}

static void expect_put(const struct visitor *v, const char *what) {
    expect_kind("lost-wakeup", v->turn != 0,
                "%s: a task still waits in aq_put although there is room",
                what);
    expect(v->rc == 0, "%s: aq_put returned %d", what, v->rc);
}

// A get that took nothing. ITEM was number(-1) before.
static void expect_nothing(int rc, int wanted, const void *item,
                           const char *call, const char *when) {
    const char *name = wanted == -EPIPE    ? "-EPIPE"
                       : wanted == -EAGAIN ? "-EAGAIN"
                                           : "-ECANCELED";
    expect(rc == wanted, "%s: %s returned %d, not %s (%d)", when, call, rc,
           name, wanted);
    expect(item == number(-1),
           "%s: %s returned %s and changed *item, which has to stay as it was",
           when, call, name);
}

static void expect_len(size_t wanted) {
    expect(aq_len(q) == wanted, "aq_len returned %zu with %zu items in it",
           aq_len(q), wanted);
}

// --- Without waiting ---------------------------------------------------------

static void fill_and_empty(size_t cap, long items) {
    make(cap);
    long in = 0, out = 0;
    for (int round = 0; round < 5; round++) {
        for (long i = 0; i < items; i++)
            put_now(++in);
        expect_len((size_t)(in - out));
        // Some are left, so that a ring goes round.
        while (in - out > (round == 4 ? 0 : items / 3))
            get_now(++out);
        items = cap > 0 ? (long)cap - (in - out) : items;
    }
    expect_len(0);
    aq_free(q);
}

LOOP_TEST(items_keep_their_order) {
    fill_and_empty(1, 1);
    fill_and_empty(2, 2);
    fill_and_empty(7, 7);
    fill_and_empty(300, 300);
    fill_and_empty(0, 1000);
    aq_free(NULL);
    return 0;
}

LOOP_TEST(full_and_empty_are_told) {
    void *item = number(-1);
    make(3);
    int rc = aq_get_nowait(q, &item);
    expect_nothing(rc, -EAGAIN, item, "aq_get_nowait", "the queue is empty");
    for (long i = 1; i <= 3; i++)
        put_now(i);
    rc = aq_put_nowait(q, number(4));
    expect(
        rc == -EAGAIN,
        "aq_put_nowait returned %d instead of -EAGAIN (%d) with 3 items in a "
        "queue for 3",
        rc, -EAGAIN);
    expect_len(3);
    get_now(1);
    put_now(5);
    get_now(2);
    get_now(3);
    get_now(5);
    aq_free(q);
    return 0;
}

// One task waits in each of two queues; the one in the second came first.
LOOP_TEST(two_queues_at_once) {
    struct visitor there = {.item = number(1)}, here = {.item = number(2)};
    aqueue *queues[2];
    for (int i = 0; i < 2; i++) {
        make(1);
        queues[i] = q;
    }
    spawn(visits_to_get, &there);
    settle();
    q = queues[0];
    spawn(visits_to_get, &here);
    settle();
    put_now(5);
    settle();
    expect_got(&here, 5, "after an item was put into one of two queues");
    expect_waiting(&there, "aq_get", "the item was put into another queue");
    q = queues[1];
    put_now(6);
    settle();
    expect_got(&there, 6, "after an item was put into the other queue");
    put_now(7);
    there = (struct visitor){.item = number(1)};
    here = (struct visitor){.item = number(2)};
    spawn(visits_to_put, &there);
    settle();
    q = queues[0];
    put_now(8);
    spawn(visits_to_put, &here);
    settle();
    get_now(8);
    settle();
    expect_put(&here, "after an item was taken from one of two queues");
    expect_waiting(&there, "aq_put", "the item was taken from another queue");
    aq_close(queues[1]);
    settle();
    expect(there.turn != 0 && there.rc == -EPIPE,
           "the second of two queues was closed; aq_put into it returned %d",
           there.rc);
    get_now(2);
    put_now(9); // this one is not closed
    for (int i = 0; i < 2; i++)
        aq_free(queues[i]);
    return 0;
}

LOOP_TEST(freed_with_items) {
    for (long items = 0; items <= 3; items++) {
        make(3);
        for (long i = 0; i < items; i++)
            put_now(i);
        if (items == 3)
            get_now(0);
        aq_free(q);
    }
    return 0;
}

LOOP_TEST(null_is_an_item_too) {
    make(2);
    put_now(0);
    put_now(4);
    get_now(0);
    get_now(4);
    struct visitor v = {0};
    spawn(visits_to_get, &v);
    settle();
    expect_waiting(&v, "aq_get", "the queue was empty");
    put_now(0);
    settle();
    expect_got(&v, 0, "after NULL was put");
    aq_free(q);
    return 0;
}

static int takes_a_turn(void *arg) {
    ++*(int *)arg;
    return 0;
}

LOOP_TEST(who_need_not_wait_keeps_the_turn) {
    static int others;
    void *item;
    make(2);
    others = 0;
    spawn(takes_a_turn, &others);
    int put = aq_put(q, number(1));
    int got = aq_get(q, &item);
    expect(put == 0 && got == 0 && item == number(1),
           "aq_put returned %d and aq_get %d on a queue with room", put, got);
    expect(others == 0, "aq_put or aq_get gave up its turn although it did not "
                        "have to wait");
    lp_cancel(lp_self());
    put = aq_put(q, number(2));
    got = aq_get(q, &item);
    expect(put == 0 && got == 0,
           "in a cancelled task, aq_put returned %d and aq_get %d although "
           "neither had to wait",
           put, got);
    aq_free(q);
    return 0;
}

// --- Waiting -----------------------------------------------------------------

enum { DAY = 24 * 60 * 60 * 1000 };

// Sleeps for a day, while one task does nothing but wait in CALL. Who looks
// every millisecond is found after a second, who looks every minute later.
static void let_it_wait(const char *call) {
    static const long parts[] = {1000, DAY - 1000};
    for (int i = 0; i < 2; i++) {
        long before = lp_steps();
        lp_sleep(parts[i]);
        long others = lp_steps() - before - 1;
        expect_kind("busy-wait", others <= 1,
                    "in %ld ms in which there was nothing for it, a task took "
                    "%ld turns in %s: who waits in lp_park(-1) takes none",
                    parts[i], others, call);
    }
}

LOOP_TEST(a_getter_waits_for_an_item) {
    struct visitor v = {0};
    make(2);
    spawn(visits_to_get, &v);
    let_it_wait("aq_get");
    expect_waiting(&v, "aq_get", "nothing had been put yet");
    put_now(11);
    expect(v.turn == 0, "aq_put_nowait gave up its turn");
    settle();
    expect_got(&v, 11, "after an item was put");
    expect(v.at == DAY, "the item was put at %d ms, aq_get returned at %ld ms",
           DAY, v.at);
    aq_free(q);
    return 0;
}

LOOP_TEST(a_putter_waits_for_room) {
    struct visitor v = {.item = number(3)};
    make(2);
    put_now(1);
    put_now(2);
    spawn(visits_to_put, &v);
    let_it_wait("aq_put");
    expect_waiting(&v, "aq_put", "the queue was full");
    expect_len(2);
    get_now(1);
    settle();
    expect_put(&v, "after an item was taken");
    expect(v.at == DAY, "there was room at %d ms, aq_put returned at %ld ms",
           DAY, v.at);
    expect_len(2);
    get_now(2);
    get_now(3);
    aq_free(q);
    return 0;
}

enum { LINE = 5 };

static void line_up(int (*fn)(void *), struct visitor *v) {
    turns = 0;
    for (int i = 0; i < LINE; i++) {
        v[i] = (struct visitor){.item = number(100 + i)};
        spawn(fn, &v[i]);
        lp_sleep(10);
    }
}

static void expect_turns(const struct visitor *v, const char *call) {
    for (int i = 0; i < LINE; i++)
        expect(v[i].turn == i + 1,
               "%d tasks waited in %s; number %d of the line was served as "
               "number %d",
               LINE, call, i + 1, v[i].turn);
}

// One at a time, or all in one turn.
static void serve_getters(bool at_once) {
    struct visitor v[LINE];
    make(0);
    line_up(visits_to_get, v);
    for (int i = 0; i < LINE; i++) {
        put_now(i);
        if (!at_once)
            settle();
    }
    settle();
    for (int i = 0; i < LINE; i++)
        expect_got(&v[i], i,
                   at_once
                       ? "after as many items were put in one turn as tasks "
                         "waited"
                       : "after an item was put for each that waited");
    expect_turns(v, "aq_get");
    aq_free(q);
}

static void serve_putters(bool at_once) {
    struct visitor v[LINE];
    make(LINE);
    for (int i = 0; i < LINE; i++)
        put_now(i);
    line_up(visits_to_put, v);
    for (int i = 0; i < LINE; i++) {
        get_now(i);
        if (!at_once)
            settle();
    }
    settle();
    for (int i = 0; i < LINE; i++)
        expect_put(&v[i], at_once
                              ? "after as many items were taken in one turn as "
                                "tasks waited"
                              : "after an item was taken for each that waited");
    expect_turns(v, "aq_put");
    for (int i = 0; i < LINE; i++)
        get_now(100 + i);
    aq_free(q);
}

LOOP_TEST(first_come_first_served) {
    serve_getters(false);
    serve_putters(false);
    return 0;
}

LOOP_TEST(each_change_wakes_one) {
    serve_getters(true);
    serve_putters(true);
    return 0;
}

LOOP_TEST(an_item_may_be_taken_before_the_woken_has_its_turn) {
    struct visitor v = {0};
    void *item = NULL;
    make(2);
    spawn(visits_to_get, &v);
    settle();
    put_now(1);
    int rc = aq_get_nowait(q, &item);
    settle();
    if (rc == 0) {
        expect(v.turn == 0,
               "an item was put and taken again before the woken task had its "
               "turn; its aq_get returned %d with %ld, an item that was not "
               "there",
               v.rc, number_of(v.item));
        put_now(2);
        settle();
    }
    expect_got(&v, rc == 0 ? 2 : 1, "after another item was put");
    expect_len(0);
    aq_free(q);
    return 0;
}

LOOP_TEST(room_may_be_taken_before_the_woken_has_its_turn) {
    struct visitor v = {.item = number(3)};
    void *item = NULL;
    make(1);
    put_now(1);
    spawn(visits_to_put, &v);
    settle();
    get_now(1);
    int rc = aq_put_nowait(q, number(2));
    settle();
    expect(aq_len(q) == 1, "%zu items are in a queue for 1", aq_len(q));
    if (rc == 0) {
        expect(v.turn == 0,
               "the room was taken before the woken task had its turn, and yet "
               "its aq_put returned %d",
               v.rc);
        get_now(2);
        settle();
    }
    expect_put(&v, "after there was room again");
    expect(aq_get_nowait(q, &item) == 0 && item == number(3),
           "the item of the task that waited is not in the queue");
    aq_free(q);
    return 0;
}

// --- Closing -----------------------------------------------------------------

LOOP_TEST(closing_wakes_all_getters) {
    struct visitor v[LINE];
    make(3);
    line_up(visits_to_get, v);
    aq_close(q);
    aq_close(q);
    settle();
    for (int i = 0; i < LINE; i++) {
        expect_kind("lost-wakeup", v[i].turn != 0,
                    "%d tasks waited in aq_get when the queue was closed; "
                    "number %d still waits",
                    LINE, i + 1);
        expect_nothing(v[i].rc, -EPIPE, v[i].item, "aq_get",
                       "the queue was closed during the wait");
    }
    aq_free(q);
    return 0;
}

LOOP_TEST(closing_wakes_all_putters) {
    struct visitor v[LINE];
    make(2);
    put_now(1);
    put_now(2);
    line_up(visits_to_put, v);
    aq_close(q);
    settle();
    for (int i = 0; i < LINE; i++) {
        expect_kind("lost-wakeup", v[i].turn != 0,
                    "%d tasks waited in aq_put when the queue was closed; "
                    "number %d still waits",
                    LINE, i + 1);
        expect(
            v[i].rc == -EPIPE,
            "the queue was closed; aq_put returned %d instead of -EPIPE (%d)",
            v[i].rc, -EPIPE);
    }
    get_now(1);
    get_now(2);
    settle();
    expect_len(0);
    aq_free(q);
    return 0;
}

LOOP_TEST(a_closed_queue_is_emptied_and_takes_nothing) {
    void *item = number(77);
    make(0);
    put_now(1);
    put_now(2);
    aq_close(q);
    int put = aq_put(q, number(3)), now = aq_put_nowait(q, number(4));
    expect(put == -EPIPE && now == -EPIPE,
           "after aq_close, aq_put returned %d and aq_put_nowait %d, both "
           "instead of -EPIPE (%d)",
           put, now, -EPIPE);
    expect_len(2);
    int rc = aq_get(q, &item);
    expect(rc == 0 && item == number(1),
           "aq_get of a closed queue with 2 items returned %d", rc);
    get_now(2);
    rc = aq_get(q, &item);
    now = aq_get_nowait(q, &item);
    expect(rc == -EPIPE && now == -EPIPE,
           "from a closed and empty queue, aq_get returned %d and "
           "aq_get_nowait %d, both instead of -EPIPE (%d)",
           rc, now, -EPIPE);
    aq_free(q);
    return 0;
}

LOOP_TEST(an_item_put_before_closing_is_handed_out) {
    struct visitor a = {0}, b = {0};
    make(2);
    suite_note("two tasks wait in aq_get; then, in one turn, an item is put and "
               "the queue is closed");
    spawn(visits_to_get, &a);
    lp_yield();
    spawn(visits_to_get, &b);
    settle();
    put_now(5);
    aq_close(q);
    settle();
    expect_kind("lost-wakeup", a.turn != 0 && b.turn != 0,
                "a task still waits in aq_get of a closed queue");
    const struct visitor *served = a.rc == 0 ? &a : &b;
    const struct visitor *other = a.rc == 0 ? &b : &a;
    expect(served->rc == 0 && served->item == number(5),
           "the two aq_get returned %d and %d; one of them had to hand out the "
           "item, which was put before the queue was closed",
           a.rc, b.rc);
    expect_nothing(other->rc, -EPIPE, other->item, "aq_get",
                   "the item went to the other of the two tasks");
    aq_free(q);
    return 0;
}

LOOP_TEST(who_was_woken_to_put_finds_it_closed) {
    struct visitor v = {.item = number(8)};
    make(1);
    suite_note("a task waits in aq_put of a full queue; then, in one turn, an "
               "item is taken and the queue is closed");
    put_now(1);
    spawn(visits_to_put, &v);
    settle();
    get_now(1);
    size_t in = aq_len(q); // 1 if the waiting task's item was taken in at once
    aq_close(q);
    settle();
    expect_kind("lost-wakeup", v.turn != 0,
                "a task still waits in aq_put of a closed queue");
    expect(v.rc == (in == 1 ? 0 : -EPIPE),
           "aq_put returned %d, not %d, after the queue had been closed with "
           "%zu items in it",
           v.rc, in == 1 ? 0 : -EPIPE, in);
    expect_len(in);
    if (in == 1)
        get_now(8);
    aq_free(q);
    return 0;
}

// --- Cancelling --------------------------------------------------------------

// Dirties the stack that a task which is over has left behind.
static int scribbles(void *arg) {
    volatile char block[4096];
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = (char)0xa5;
    return arg == NULL && block[7] == 0;
}

LOOP_TEST(a_cancelled_getter_leaves_the_line) {
    struct visitor a = {0}, b = {0};
    make(2);
    lp_task *first = spawn(visits_to_get, &a);
    lp_yield();
    spawn(visits_to_get, &b);
    settle();
    lp_cancel(first);
    lp_join(first, NULL);
    expect_nothing(a.rc, -ECANCELED, a.item, "aq_get",
                   "the task was cancelled during the wait");
    spawn(scribbles, NULL);
    settle();
    put_now(5);
    settle();
    expect_got(&b, 5,
               "the first of two waiting tasks was cancelled, then an "
               "item was put");
    aq_free(q);
    return 0;
}

LOOP_TEST(a_cancelled_putter_leaves_the_line) {
    struct visitor a = {.item = number(8)}, b = {.item = number(9)};
    make(1);
    put_now(1);
    lp_task *first = spawn(visits_to_put, &a);
    lp_yield();
    spawn(visits_to_put, &b);
    settle();
    lp_cancel(first);
    lp_join(first, NULL);
    expect(a.rc == -ECANCELED,
           "the task that waited in aq_put was cancelled; aq_put returned %d "
           "instead of -ECANCELED (%d)",
           a.rc, -ECANCELED);
    spawn(scribbles, NULL);
    settle();
    get_now(1);
    settle();
    expect_put(&b, "the first of two waiting tasks was cancelled, then an item "
                   "was taken");
    get_now(9);
    expect_len(0);
    aq_free(q);
    return 0;
}

// Of LINE tasks the last is cancelled, then the third; then another one comes.
static void cancel_inside(bool get) {
    struct visitor v[LINE + 1];
    lp_task *tasks[LINE + 1];
    const char *call = get ? "aq_get" : "aq_put";
    static const int order[] = {0, 1, 3, LINE};
    make(1);
    if (!get)
        put_now(100);
    turns = 0;
    for (int i = 0; i <= LINE; i++) {
        if (i == LINE) {
            lp_cancel(tasks[4]);
            lp_join(tasks[4], NULL);
            lp_cancel(tasks[2]);
            lp_join(tasks[2], NULL);
            spawn(scribbles, NULL);
            settle();
        }
        v[i] = (struct visitor){.item = number(i)};
        tasks[i] = spawn(get ? visits_to_get : visits_to_put, &v[i]);
        settle();
    }
    expect(v[2].rc == -ECANCELED && v[4].rc == -ECANCELED,
           "two tasks that waited in %s were cancelled; it returned %d and %d "
           "instead of -ECANCELED (%d)",
           call, v[2].rc, v[4].rc, -ECANCELED);
    turns = 0;
    for (int i = 0; i < 4; i++) {
        if (get)
            put_now(i);
        else
            get_now(i == 0 ? 100 : order[i - 1]);
        settle();
        const struct visitor *next = &v[order[i]];
        expect_kind("lost-wakeup", turns == i + 1,
                    "of those who wait in %s, nobody was served by %s number "
                    "%d; two had been cancelled before",
                    call, get ? "item" : "room", i + 1);
        expect(next->turn == i + 1 && next->rc == 0,
               "six tasks waited in %s, of which number 3 and 5 were cancelled "
               "before number 6 came; number %d was not served in its turn",
               call, order[i] + 1);
    }
    if (!get)
        get_now(LINE);
    expect_len(0);
    aq_free(q);
}

LOOP_TEST(cancelled_in_the_middle_of_the_line) {
    cancel_inside(true);
    cancel_inside(false);
    return 0;
}

LOOP_TEST(cancelled_before_it_waits) {
    void *item = number(-1);
    make(1);
    lp_cancel(lp_self());
    int get = aq_get(q, &item);
    expect_nothing(get, -ECANCELED, item, "aq_get",
                   "the task had been cancelled before it waited");
    put_now(1);
    int put = aq_put(q, number(2));
    expect(put == -ECANCELED,
           "a task that was cancelled before it called aq_put of a full queue "
           "got %d, not -ECANCELED (%d)",
           put, -ECANCELED);
    expect_len(1);
    get_now(1);
    put_now(3);
    get_now(3);
    aq_free(q);
    return 0;
}

LOOP_TEST(a_cancelled_getter_hands_its_wake_up_on) {
    struct visitor a = {0}, b = {0};
    make(2);
    lp_task *first = spawn(visits_to_get, &a);
    lp_yield();
    spawn(visits_to_get, &b);
    settle();
    put_now(5);
    lp_cancel(first);
    settle();
    if (a.rc != 0)
        expect_nothing(a.rc, -ECANCELED, a.item, "aq_get",
                       "the task was woken and cancelled before its turn");
    if (a.rc == 0) {
        expect_got(&a, 5, "after an item was put");
        put_now(6);
        settle();
    }
    expect_got(&b, a.rc == 0 ? 6 : 5,
               "an item was put, and the task that was woken for it was "
               "cancelled before its turn; a second task waits too");
    expect_len(0);
    aq_free(q);
    return 0;
}

LOOP_TEST(a_cancelled_putter_hands_its_wake_up_on) {
    struct visitor a = {.item = number(8)}, b = {.item = number(9)};
    void *item = NULL;
    make(1);
    put_now(1);
    lp_task *first = spawn(visits_to_put, &a);
    lp_yield();
    spawn(visits_to_put, &b);
    settle();
    get_now(1);
    lp_cancel(first);
    settle();
    expect(a.rc == 0 || a.rc == -ECANCELED,
           "a task was woken in aq_put and cancelled before its turn; aq_put "
           "returned %d",
           a.rc);
    if (a.rc == 0) {
        get_now(8);
        settle();
    }
    expect_put(&b,
               "an item was taken, and the task that was woken for the room "
               "was cancelled before its turn; a second task waits too");
    expect(aq_get_nowait(q, &item) == 0 && item == number(9),
           "the queue holds item %ld of a task whose aq_put returned "
           "-ECANCELED",
           number_of(item));
    expect_len(0);
    aq_free(q);
    return 0;
}

// --- The loop goes on --------------------------------------------------------

LOOP_TEST(others_run_while_a_task_waits) {
    static struct heartbeat heart;
    struct visitor getter = {0}, putter = {.item = number(2)};
    make(1);
    spawn(beats, &heart);
    spawn(visits_to_get, &getter);
    long before = lp_steps();
    lp_sleep(1005);
    expect(
        heart.ticks == 100,
        "another task that sleeps 10 ms at a time woke %d times in 1 s while "
        "a task waited in aq_get; 100 were due",
        heart.ticks);
    expect_kind("busy-wait", lp_steps() - before < 150,
                "in 1 s, %ld turns were taken, though one task did nothing but "
                "wait in aq_get and another had 100: who waits takes no turns",
                lp_steps() - before);
    put_now(1);
    settle();
    expect_got(&getter, 1, "after an item was put");
    put_now(1);
    spawn(visits_to_put, &putter);
    before = lp_steps();
    lp_sleep(1000);
    expect_kind("busy-wait", lp_steps() - before < 150,
                "in 1 s, %ld turns were taken, though one task did nothing but "
                "wait in aq_put and another had 100: who waits takes no turns",
                lp_steps() - before);
    get_now(1);
    settle();
    expect_put(&putter, "after an item was taken");
    heart.over = true;
    aq_free(q);
    return 0;
}

// --- Producers and a consumer ------------------------------------------------

enum { EACH = 20 };

struct parcel {
    long made_at;
};

static int produces(void *arg) {
    struct parcel *parcels = arg;
    for (int i = 0; i < EACH; i++) {
        parcels[i].made_at = lp_now();
        int rc = aq_put(q, &parcels[i]);
        expect(rc == 0, "aq_put returned %d", rc);
        lp_sleep(500);
    }
    return 0;
}

static int consumes(void *arg) {
    long *latency = arg;
    for (int i = 0; i < 2 * EACH; i++) {
        void *item = NULL;
        int rc = aq_get(q, &item);
        expect(rc == 0, "aq_get returned %d", rc);
        *latency += lp_now() - ((struct parcel *)item)->made_at;
        lp_sleep(100);
    }
    return 0;
}

LOOP_TEST(two_producers_and_a_consumer) {
    static struct parcel parcels[2][EACH];
    static long latency;
    latency = 0;
    make(10);
    spawn(produces, parcels[0]);
    spawn(produces, parcels[1]);
    lp_join(spawn(consumes, &latency), NULL);
    // The last two are made at 9500 ms and take 100 ms each.
    expect(
        lp_now() == 9700,
        "two producers, an item each every 500 ms, and a consumer, 100 ms an "
        "item: the 40th was done at %ld ms, 9700 was due",
        lp_now());
    // One of each pair waits for 100 ms.
    expect(latency == 100L * EACH,
           "all items together waited for %ld ms, %ld was due", latency,
           100L * EACH);
    lp_sleep(500);
    aq_free(q);
    return 0;
}

// --- Many at once ------------------------------------------------------------

enum { CROWD = 4, LOAD = 60 };

static struct {
    unsigned long random;
    size_t cap;
    bool in[CROWD * LOAD], out[CROWD * LOAD];
} crowd;

static unsigned chance(unsigned n) {
    return (unsigned)(suite_random(&crowd.random) % n);
}

static void dawdle(void) {
    unsigned what = chance(4);
    if (what == 0)
        lp_yield();
    else if (what == 1)
        lp_sleep(chance(5));
}

static int pushes(void *arg) {
    long first = number_of(arg) * LOAD;
    for (long i = first; i < first + LOAD; i++) {
        dawdle();
        int rc =
            chance(5) == 0 ? aq_put_nowait(q, number(i)) : aq_put(q, number(i));
        expect(aq_len(q) <= crowd.cap, "%zu items are in a queue for %zu",
               aq_len(q), crowd.cap);
        if (rc == -ECANCELED)
            return 0;
        expect(rc == 0 || rc == -EAGAIN, "aq_put returned %d", rc);
        crowd.in[i] = rc == 0;
    }
    return 0;
}

static int pulls(void *arg) {
    (void)arg;
    for (;;) {
        void *item = number(-1);
        dawdle();
        int rc = chance(5) == 0 ? aq_get_nowait(q, &item) : aq_get(q, &item);
        if (rc == -EAGAIN)
            continue;
        if (rc != 0) {
            expect(rc == -EPIPE || rc == -ECANCELED, "aq_get returned %d", rc);
            return 0;
        }
        long i = number_of(item);
        expect(i >= 0 && i < CROWD * LOAD && !crowd.out[i],
               "aq_get handed out item %ld, which was never put or had been "
               "handed out before",
               i);
        crowd.out[i] = true;
    }
}

static int crowd_body(void *unused) {
    lp_task *pushers[CROWD], *pullers[CROWD];
    (void)unused;
    suite_note("%d tasks put into a queue for %zu and %d get; one of each is "
               "cancelled on the way, and only then the queue is closed",
               CROWD, crowd.cap, CROWD);
    make(crowd.cap);
    for (long i = 0; i < CROWD; i++) {
        pullers[i] = spawn(pulls, NULL);
        pushers[i] = spawn(pushes, number(i));
    }
    lp_sleep(20);
    lp_cancel(pullers[0]); // the other three go on
    lp_sleep(20);
    lp_cancel(pushers[1]);
    for (int i = 0; i < CROWD; i++)
        lp_join(pushers[i], NULL);
    lp_sleep(1000);
    expect_kind("lost-wakeup", aq_len(q) == 0,
                "%zu items are left in the queue, and tasks wait in aq_get",
                aq_len(q));
    aq_close(q);
    for (int i = 0; i < CROWD; i++)
        lp_join(pullers[i], NULL);
    for (int i = 0; i < CROWD * LOAD; i++)
        expect(crowd.in[i] == crowd.out[i], "item %d was %s", i,
               crowd.in[i] ? "put and never came out"
                           : "handed out although its aq_put did not return 0");
    aq_free(q);
    return 0;
}

START_TEST(nothing_is_lost_in_a_crowd) {
    int rounds = suite_size(60, 15, 6);
    for (int round = 0; round < rounds; round++) {
        memset(&crowd, 0, sizeof crowd);
        crowd.random = (unsigned long)round + 1;
        crowd.cap = 1 + chance(4);
        run(crowd_body);
    }
}
END_TEST

// --- Short memory ------------------------------------------------------------

LOOP_TEST(memory_may_run_short) {
    for (int k = 1; k <= 4; k++) {
        wb_fail_call(WB_MALLOC, k);
        q = aq_new(4);
        if (q == NULL) {
            expect(wb_failed(WB_MALLOC), "aq_new returned NULL");
            continue;
        }
        expect(!wb_failed(WB_MALLOC),
               "aq_new returned a queue although it got no memory");
        long in = 0;
        for (long i = 1; i <= 4; i++) {
            int rc = aq_put(q, number(in + 1));
            expect(rc == 0 || (rc == -ENOMEM && wb_failed(WB_MALLOC)),
                   "aq_put returned %d", rc);
            in += rc == 0;
        }
        wb_fail_call(WB_MALLOC, 0);
        expect_len((size_t)in);
        for (long i = 1; i <= in; i++)
            get_now(i);
        aq_free(q);
    }
    wb_fail_call(WB_MALLOC, 0);
    return 0;
}

SUITE(TEST(items_keep_their_order, "items come out in the order they went in"),
      TEST(full_and_empty_are_told, "a full and an empty queue say -EAGAIN"),
      TEST(two_queues_at_once, "two queues do not disturb each other"),
      TEST(freed_with_items, "aq_free frees a queue with items in it"),
      TEST(null_is_an_item_too, "NULL is an item like any other"),
      TEST(who_need_not_wait_keeps_the_turn,
           "a call that need not wait does its work at once"),
      TEST(a_getter_waits_for_an_item, "aq_get waits until an item is put"),
      TEST(a_putter_waits_for_room, "aq_put waits until there is room"),
      TEST(first_come_first_served, "who waits longest is served first"),
      TEST(each_change_wakes_one,
           "several items put or taken in one turn wake as many tasks"),
      TEST(an_item_may_be_taken_before_the_woken_has_its_turn,
           "a woken getter looks again whether there is an item"),
      TEST(room_may_be_taken_before_the_woken_has_its_turn,
           "a woken putter looks again whether there is room"),
      TEST(closing_wakes_all_getters, "aq_close wakes all who wait in aq_get"),
      TEST(closing_wakes_all_putters, "aq_close wakes all who wait in aq_put"),
      TEST(a_closed_queue_is_emptied_and_takes_nothing,
           "a closed queue hands out what is in it and takes nothing"),
      TEST(an_item_put_before_closing_is_handed_out,
           "an item put before aq_close is handed out to who waits for it"),
      TEST(who_was_woken_to_put_finds_it_closed,
           "nothing is put after aq_close, not by a woken aq_put either"),
      TEST(a_cancelled_getter_leaves_the_line,
           "a cancelled aq_get leaves the line to the others"),
      TEST(a_cancelled_putter_leaves_the_line,
           "a cancelled aq_put leaves the line to the others"),
      TEST(cancelled_in_the_middle_of_the_line,
           "who is cancelled leaves the line from wherever it stands"),
      TEST(cancelled_before_it_waits,
           "a task that is cancelled already does not wait"),
      TEST(a_cancelled_getter_hands_its_wake_up_on,
           "a wake-up given to a cancelled aq_get serves the next"),
      TEST(a_cancelled_putter_hands_its_wake_up_on,
           "a wake-up given to a cancelled aq_put serves the next"),
      TEST(others_run_while_a_task_waits,
           "while a task waits, the others run and it takes no turns"),
      TEST(two_producers_and_a_consumer,
           "two producers and a consumer overlap exactly"),
      TEST(nothing_is_lost_in_a_crowd,
           "many tasks, some of them cancelled, lose nothing"),
      TEST(memory_may_run_short, "short memory loses nothing"), )
