// SPDX-License-Identifier: MIT
// How it works: what one thread can see is tested by one thread. Data races are
// ThreadSanitizer's business: the tests with many threads make every function
// meet every other one, with nothing that orders them but the answer itself
// (gauges and flags order nothing). Mistakes without a data race, such as an
// atomic look followed by an atomic act, need one particular interleaving: that
// is what the scenarios are for.
#include "hit_counter.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "harness/suite.h"
#include "lib/wb.h"

#define GET(flag) atomic_load_explicit(&(flag), memory_order_relaxed)
#define SET(flag, value)                                                       \
    atomic_store_explicit(&(flag), (value), memory_order_relaxed)
#define ADD(flag, value)                                                       \
    atomic_fetch_add_explicit(&(flag), (value), memory_order_relaxed)

#define expect_invariant(condition, ...)                                       \
    expect_kind("broken-invariant", condition, __VA_ARGS__)

// --- Helpers ----------------------------------------------------------------

// So that memory which nobody has set to 0 is not 0 by chance.
static void dirty_the_heap(void) {
    void *block[64];
    for (int i = 0; i < 64; i++) {
        block[i] = malloc((size_t)(i + 1) * 16);
        ck_assert_ptr_nonnull(block[i]);
        memset(block[i], 0x5a, (size_t)(i + 1) * 16);
    }
    for (int i = 0; i < 64; i++)
        free(block[i]);
}

static hits *new_hits(unsigned nkeys) {
    errno = 0;
    hits *h = hits_new(nkeys);
    expect(h != NULL,
           "hits_new(%u) returned NULL (errno %d: %s) although nothing ran out",
           nkeys, errno, strerror(errno));
    return h;
}

static void expect_count(hits *h, unsigned key, unsigned long want,
                         const char *when) {
    unsigned long got = hits_get(h, key);
    expect(got == want, "hits_get(h, %u) was %lu %s, expected %lu", key, got,
           when, want);
}

static void expect_max(hits *h, unsigned long want, const char *when) {
    unsigned long got = hits_max(h);
    expect(got == want, "hits_max was %lu %s, expected %lu", got, when, want);
}

static void expect_take(hits *h, unsigned key, unsigned long n, int want) {
    unsigned long before = hits_get(h, key);
    int got = hits_take(h, key, n);
    expect(got == want,
           "hits_take(h, %u, %lu) returned %d with %lu in the counter, "
           "expected %d",
           key, n, got, before, want);
}

// --- One thread -------------------------------------------------------------

START_TEST(new_counters) {
    for (unsigned nkeys = 1; nkeys <= 40; nkeys += 13) {
        dirty_the_heap();
        hits *h = new_hits(nkeys);
        for (unsigned key = 0; key < nkeys; key++)
            expect_count(h, key, 0, "in new counters");
        expect_max(h, 0, "in new counters");
        expect_take(h, nkeys - 1, 1, 0);
        expect_count(h, nkeys - 1, 0, "after a take in vain");
        hits_free(h);
    }
}
END_TEST

START_TEST(counts_add_up) {
    hits *h = new_hits(3), *other = new_hits(3);
    hits_add(other, 1, 1000);
    hits_add(h, 0, 1);
    hits_add(h, 0, 41);
    hits_add(h, 2, 0);
    hits_add(h, 2, 6000000000);
    hits_add(h, 2, 5000000000);
    expect_count(h, 0, 42, "after 1 and 41 were added");
    expect_count(h, 1, 0, "although nothing was added to this key");
    expect_count(h, 2, 11000000000, "after 0, 6000000000 and 5000000000");
    expect_count(other, 1, 1000, "in other counters, after 1000 was added");
    hits_free(other);
    expect_count(h, 0, 42, "after other counters were freed");
    hits_free(h);
}
END_TEST

START_TEST(every_key) {
    enum { KEYS = 5000 };
    hits *h = new_hits(KEYS);
    for (unsigned key = 0; key < KEYS; key++)
        hits_add(h, key, 2 * key + 1);
    for (unsigned key = 0; key < KEYS; key++) {
        expect_count(h, key, 2 * key + 1,
                     "in one of 5000 counters, after 2 * key + 1 was added to "
                     "each");
        expect_take(h, key, 2 * key + 1, 1);
    }
    for (unsigned key = 0; key < KEYS; key++)
        expect_count(h, key, 0, "after all that it held was taken");
    expect_max(h, 2 * KEYS - 1, "after 1, 3, 5 … 9999 were added");
    hits_free(h);
}
END_TEST

START_TEST(maximum) {
    hits *h = new_hits(2), *other = new_hits(1);
    hits_add(other, 0, 1000);
    hits_add(h, 0, 5);
    expect_max(h, 5, "after 5 was added");
    hits_add(h, 1, 7);
    hits_add(h, 0, 6);
    expect_max(h, 7, "after 5, 7 and 6 were added");
    expect_take(h, 1, 7, 1);
    expect_max(h, 7, "after 7 was taken out again");
    hits_add(h, 1, 0);
    expect_max(h, 7, "after 0 was added");
    hits_add(h, 1, 5000000000);
    expect_max(h, 5000000000, "after 5000000000 was added");
    expect_max(other, 1000, "in other counters, after 1000 was added");
    hits_free(other);
    hits_free(h);
}
END_TEST

START_TEST(takes) {
    hits *h = new_hits(2);
    hits_add(h, 0, 10);
    hits_add(h, 1, 3);
    expect_take(h, 0, 11, 0);
    // An answer that kept its lock on that path stops for ever here.
    expect_count(h, 0, 10, "after a take of 11, which was too much");
    expect_take(h, 0, 4, 1);
    expect_count(h, 0, 6, "after 4 of 10 were taken");
    expect_take(h, 0, 7, 0);
    hits_add(h, 0, 1);
    expect_take(h, 0, 7, 1);
    expect_count(h, 0, 0, "after all it held was taken");
    expect_take(h, 0, 1, 0);
    expect_take(h, 0, 0, 1);
    expect_take(h, 0, ~0ul, 0);
    expect_count(h, 0, 0, "after takes in vain");
    expect_count(h, 1, 3, "although only the other key was taken from");
    expect_take(h, 1, 3000000000, 0);
    hits_add(h, 1, 6000000000);
    expect_take(h, 1, 5000000000, 1);
    expect_count(h, 1, 1000000003, "after 5000000000 of 6000000003 were taken");
    expect_take(h, 1, 2, 1);
    expect_max(h, 6000000000, "after takes");
    hits_free(h);
}
END_TEST

START_TEST(memory_is_short) {
    for (int k = 1; k <= 8; k++) {
        wb_fail_call(WB_MALLOC, k);
        errno = 0;
        hits *h = hits_new(3);
        int error = errno;
        bool failed = wb_failed(WB_MALLOC);
        wb_fail_call(WB_MALLOC, 0);
        if (!failed) { // it needs fewer allocations than that
            expect(h != NULL, "hits_new(3) returned NULL");
            hits_free(h);
            return;
        }
        if (h != NULL) { // it made do without
            expect_count(h, 2, 0, "in new counters");
            hits_free(h);
            continue;
        }
        expect(error == ENOMEM,
               "hits_new returned NULL when its allocation number %d failed, "
               "but left errno at %d instead of ENOMEM",
               k, error);
    }
}
END_TEST

// --- Many threads -----------------------------------------------------------
enum { THREADS = 4 };

static struct {
    hits *h;
    wb_gauge *start; // nobody begins before all are there
    int rounds;      // of each thread
    long taken[THREADS];
    atomic_int busy; // threads that are not done
} crowd;

static void run_crowd(void *(*thread_main)(void *), unsigned nkeys,
                      int rounds) {
    pthread_t threads[THREADS];
    if (crowd.h == NULL)
        crowd.h = new_hits(nkeys);
    crowd.start = wb_gauge_new(THREADS);
    crowd.rounds = rounds;
    SET(crowd.busy, THREADS);
    for (size_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, thread_main, (void *)i), 0);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    wb_gauge_free(crowd.start);
}

static void *adds(void *arg) {
    size_t me = (size_t)arg;
    wb_gauge_enter(crowd.start);
    for (int i = 0; i < crowd.rounds; i++) {
        hits_add(crowd.h, 0, 1);
        hits_add(crowd.h, 1 + (unsigned)me % 2, 3);
    }
    wb_gauge_leave(crowd.start);
    return NULL;
}

START_TEST(adds_at_once) {
    int rounds = suite_size(20000, 1000, 60);
    run_crowd(adds, 4, rounds);
    unsigned long all = (unsigned long)rounds;
    expect_count(crowd.h, 0, THREADS * all, "after 4 threads added to it");
    expect_count(crowd.h, 1, 6 * all, "after 2 threads added to it");
    expect_count(crowd.h, 2, 6 * all, "after 2 threads added to it");
    expect_count(crowd.h, 3, 0, "although nobody added to it");
    expect_max(crowd.h, 3, "after 1 and 3 were added many times");
    hits_free(crowd.h);
}
END_TEST

// Two add, one looks at a counter and one at the maximum. Each does nothing
// else: a lock that it takes for one thing would order the other one, too.
static void *adds_or_looks(void *arg) {
    size_t me = (size_t)arg;
    unsigned long seen = 0, n = (unsigned long)crowd.rounds;
    unsigned long most = me == 2 ? n * (n + 1) / 2 : n;
    wb_gauge_enter(crowd.start);
    for (int i = 1; i <= crowd.rounds; i++) {
        if (me < 2) {
            hits_add(crowd.h, (unsigned)me, (unsigned long)i);
            continue;
        }
        unsigned long now = me == 2 ? hits_get(crowd.h, 0) : hits_max(crowd.h);
        expect_invariant(now >= seen && now <= most,
                         "while others only added, one thread read %s = %lu "
                         "and then %lu; at the end it is %lu",
                         me == 2 ? "hits_get" : "hits_max", seen, now, most);
        seen = now;
    }
    wb_gauge_leave(crowd.start);
    return NULL;
}

START_TEST(readers_during_adds) {
    int rounds = suite_size(20000, 1000, 60);
    run_crowd(adds_or_looks, 2, rounds);
    unsigned long n = (unsigned long)rounds;
    expect_count(crowd.h, 0, n * (n + 1) / 2, "after 1, 2, 3 … were added");
    expect_count(crowd.h, 1, n * (n + 1) / 2, "after 1, 2, 3 … were added");
    expect_max(crowd.h, n, "after 1, 2, 3 … were added by two threads");
    hits_free(crowd.h);
}
END_TEST

enum { TICKETS = 50 };

static void *buys(void *arg) {
    size_t me = (size_t)arg;
    wb_gauge_enter(crowd.start);
    for (int i = 0; i < TICKETS + 5; i++) {
        unsigned long left = hits_get(crowd.h, 0);
        expect_invariant(left <= TICKETS,
                         "hits_get was %lu while threads took from a counter "
                         "that held %d: it went below 0",
                         left, TICKETS);
        crowd.taken[me] += hits_take(crowd.h, 0, 1);
    }
    wb_gauge_leave(crowd.start);
    return NULL;
}

START_TEST(fifty_tickets) {
    int rounds = suite_size(60, 20, 3);
    for (int round = 0; round < rounds; round++) {
        memset(crowd.taken, 0, sizeof crowd.taken);
        crowd.h = new_hits(1);
        hits_add(crowd.h, 0, TICKETS);
        run_crowd(buys, 1, 1);
        long sold = 0;
        for (int i = 0; i < THREADS; i++)
            sold += crowd.taken[i];
        expect_invariant(sold == TICKETS,
                         "4 threads tried 55 times each to take one of %d "
                         "tickets; hits_take returned 1 to %ld of them",
                         TICKETS, sold);
        expect_count(crowd.h, 0, 0, "after all tickets were taken");
        hits_free(crowd.h);
    }
}
END_TEST

// Two put back and forth, one at a time; one adds; one looks.
static void *traffic(void *arg) {
    size_t me = (size_t)arg;
    unsigned long most = (unsigned long)crowd.rounds + 4;
    wb_gauge_enter(crowd.start);
    for (int i = 0; i < crowd.rounds; i++) {
        if (me == 2) {
            hits_add(crowd.h, 0, 1);
        } else if (me == 3) {
            unsigned long now = hits_get(crowd.h, 0);
            expect_invariant(now <= most,
                             "hits_get was %lu although never more than %lu "
                             "had been added: the counter went below 0",
                             now, most);
        } else if (hits_take(crowd.h, 0, 3 + me)) {
            hits_add(crowd.h, 0, 3 + me);
        }
    }
    wb_gauge_leave(crowd.start);
    return NULL;
}

START_TEST(takes_and_adds) {
    int rounds = suite_size(20000, 1000, 60);
    crowd.h = new_hits(1);
    hits_add(crowd.h, 0, 4);
    run_crowd(traffic, 1, rounds);
    expect_count(crowd.h, 0, (unsigned long)rounds + 4,
                 "after threads took and put back, and one added");
    expect_max(crowd.h, 4, "after adds of 4, 1, and 3 or 4 put back");
    hits_free(crowd.h);
}
END_TEST

SUITE(TEST(new_counters, "new counters and their maximum are 0"),
      TEST(counts_add_up, "each key counts what was added to it"),
      TEST(every_key, "each of 5000 keys has a counter of its own",
           .stages = IN_TESTS | IN_MEMORY),
      TEST(maximum, "the maximum is the largest amount ever added at once"),
      TEST(takes, "a take subtracts if there is enough, else changes nothing"),
      TEST(memory_is_short,
           "if memory is short, hits_new returns NULL and leaks nothing",
           .stages = IN_TESTS | IN_MEMORY),
      TEST(adds_at_once, "four threads that add lose no addition"),
      TEST(readers_during_adds,
           "who reads while others add sees counters and maximum grow"),
      TEST(fifty_tickets, "four threads sell exactly 50 of 50 tickets"),
      TEST(takes_and_adds,
           "no counter is ever below 0, whoever adds and takes"), )

// --- Chosen schedules -------------------------------------------------------
static struct {
    hits *h;
    int took[3];
    unsigned long saw;
} scene;

static void with_other_thread(void *(*other)(void *), void (*self)(void)) {
    pthread_t thread;
    pthread_create(&thread, NULL, other, NULL);
    self();
    pthread_join(thread, NULL);
}

static void *other_takes_one(void *arg) {
    (void)arg;
    scene.took[1] = hits_take(scene.h, 0, 1);
    return NULL;
}

static void take_one(void) {
    scene.took[0] = hits_take(scene.h, 0, 1);
}

SCENARIO(last_ticket) {
    scene.h = hits_new(1);
    hits_add(scene.h, 0, 1);
    with_other_thread(other_takes_one, take_one);
    unsigned long left = hits_get(scene.h, 0);
    expect(scene.took[0] + scene.took[1] == 1 && left == 0,
           "two threads came for the last ticket: hits_take returned %d to "
           "one and %d to the other, and hits_get is %lu now",
           scene.took[0], scene.took[1], left);
    hits_free(scene.h);
}

static void *other_adds_five(void *arg) {
    (void)arg;
    hits_add(scene.h, 0, 5);
    return NULL;
}

static void add_three(void) {
    hits_add(scene.h, 0, 3);
}

SCENARIO(two_adds) {
    scene.h = hits_new(1);
    with_other_thread(other_adds_five, add_three);
    unsigned long count = hits_get(scene.h, 0), max = hits_max(scene.h);
    expect(count == 8,
           "one thread added 3 and another one 5; hits_get is %lu, not 8",
           count);
    expect(max == 5,
           "one thread added 3 and another one 5; hits_max is %lu, not 5", max);
    hits_free(scene.h);
}

static void *other_takes_too_much(void *arg) {
    (void)arg;
    scene.took[1] = hits_take(scene.h, 0, 5);
    return NULL;
}

static void take_and_look(void) {
    scene.took[0] = hits_take(scene.h, 0, 2);
    scene.saw = hits_get(scene.h, 0);
}

// Nobody sees what a refused take does, nor is refused for it.
SCENARIO(too_much) {
    scene.h = hits_new(1);
    hits_add(scene.h, 0, 3);
    with_other_thread(other_takes_too_much, take_and_look);
    unsigned long left = hits_get(scene.h, 0);
    expect(scene.took[1] == 0,
           "hits_take(h, 0, 5) returned %d although the counter never held "
           "more than 3",
           scene.took[1]);
    expect(scene.took[0] == 1 && scene.saw == 1 && left == 1,
           "a counter held 3; while another thread tried in vain to take 5, "
           "hits_take(h, 0, 2) returned %d, hits_get after it %lu, and at the "
           "end %lu: expected 1, 1 and 1",
           scene.took[0], scene.saw, left);
    hits_free(scene.h);
}

static void *other_adds_one(void *arg) {
    (void)arg;
    hits_add(scene.h, 0, 1);
    return NULL;
}

// A take is only refused if there is not enough, not because somebody else
// was there at the same time.
SCENARIO(take_during_add) {
    scene.h = hits_new(1);
    hits_add(scene.h, 0, 1);
    with_other_thread(other_adds_one, take_one);
    unsigned long left = hits_get(scene.h, 0);
    expect(scene.took[0] == 1 && left == 1,
           "a counter held 1; while another thread added 1, hits_take(h, 0, "
           "1) returned %d, and hits_get is %lu now: expected 1 and 1",
           scene.took[0], left);
    hits_free(scene.h);
}

static void *other_adds_twice(void *arg) {
    hits_add(scene.h, 0, 3);
    hits_add(scene.h, 0, 4);
    return arg;
}

static void add_five(void) {
    hits_add(scene.h, 0, 5);
}

static void look_at_max(void) {
    scene.saw = hits_max(scene.h);
}

SCENARIO(a_look_at_the_maximum) {
    scene.h = hits_new(1);
    with_other_thread(other_adds_twice, look_at_max);
    expect(scene.saw == 0 || scene.saw == 3 || scene.saw == 4,
           "one thread added 3 and then 4; hits_max, meanwhile, returned %lu",
           scene.saw);
    hits_free(scene.h);
}

// Who tries again tries until it works: twice is not enough.
SCENARIO(an_add_among_adds) {
    scene.h = hits_new(1);
    with_other_thread(other_adds_twice, add_five);
    unsigned long count = hits_get(scene.h, 0), max = hits_max(scene.h);
    expect(count == 12 && max == 5,
           "one thread added 3 and 4, another one 5; hits_get is %lu now, and "
           "hits_max %lu: expected 12 and 5",
           count, max);
    hits_free(scene.h);
}

static void *other_takes_twice(void *arg) {
    scene.took[1] = hits_take(scene.h, 0, 1);
    scene.took[2] = hits_take(scene.h, 0, 1);
    return arg;
}

SCENARIO(a_take_among_takes) {
    scene.h = hits_new(1);
    hits_add(scene.h, 0, 3);
    with_other_thread(other_takes_twice, take_one);
    unsigned long left = hits_get(scene.h, 0);
    expect(scene.took[0] == 1 && scene.took[1] == 1 && scene.took[2] == 1 &&
               left == 0,
           "a counter held 3; one thread took 1 twice, another one 1: the "
           "hits_take returned %d, %d and %d, and %lu are left",
           scene.took[1], scene.took[2], scene.took[0], left);
    hits_free(scene.h);
}

static void *other_goes_up_and_down(void *arg) {
    (void)arg;
    hits_add(scene.h, 0, 1);
    scene.took[1] = hits_take(scene.h, 0, 2);
    hits_add(scene.h, 0, 2);
    return NULL;
}

static void just_look(void) {
    scene.saw = hits_get(scene.h, 0);
}

// Whoever looks sees a value that the counter really had.
SCENARIO(a_look_meanwhile) {
    scene.h = hits_new(1);
    hits_add(scene.h, 0, 1);
    with_other_thread(other_goes_up_and_down, just_look);
    expect(scene.took[1] == 1,
           "a counter held 1; hits_add added 1, and hits_take(h, 0, 2) after "
           "that returned %d",
           scene.took[1]);
    expect(scene.saw <= 2,
           "a counter held 1, then 2, then 0, then 2; hits_get, meanwhile, "
           "returned %lu: a value that it never had",
           scene.saw);
    hits_free(scene.h);
}

static void *other_looks(void *arg) {
    (void)arg;
    just_look();
    return NULL;
}

static void *another_adds_one(void *arg) {
    hits_add(scene.h, 0, 1);
    return arg;
}

static void others_add_one_after_another(void) {
    pthread_t another;
    pthread_create(&another, NULL, another_adds_one, NULL);
    pthread_join(another, NULL);
    hits_add(scene.h, 0, 2);
}

SCENARIO(a_look_between) {
    scene.h = hits_new(1);
    with_other_thread(other_looks, others_add_one_after_another);
    expect(scene.saw == 0 || scene.saw == 1 || scene.saw == 3,
           "one thread added 1, and when it was done another one added 2; "
           "hits_get, meanwhile, returned %lu: a value that the counter never "
           "had",
           scene.saw);
    hits_free(scene.h);
}

SCENARIOS({last_ticket, "the last ticket is sold once", NULL},
          {two_adds,
           "two adds at once both count, and the larger is the "
           "maximum",
           NULL},
          {too_much, "a take that is refused is not noticed by anyone", NULL},
          {take_during_add,
           "a take that finds enough succeeds, whoever adds meanwhile", NULL},
          {a_look_at_the_maximum, "hits_max may be called while others add",
           NULL},
          {an_add_among_adds, "no addition is lost, whoever adds meanwhile",
           NULL},
          {a_take_among_takes,
           "a take that finds enough succeeds, whoever takes meanwhile", NULL},
          {a_look_meanwhile,
           "whoever looks sees a value that the counter really had", NULL},
          {a_look_between,
           "whoever looks sees a value that the counter really had", NULL}, )
