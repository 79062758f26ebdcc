// SPDX-License-Identifier: MIT
// Tests of par_for. Bodies note who called them, with relaxed atomics only, so
// that nothing here orders the answer's threads; gauges hold them up.
#include "par_for.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/suite.h"
#include "lib/wb.h"

enum { MOST = 4096 };

// --- A loop that is watched --------------------------------------------------

struct note {
    atomic_int calls;
    _Atomic(unsigned long) who; // pthread_self()
    atomic_int turn;            // the how manieth call of all
    int value;                  // written plainly: read after the loop
};

struct watched {
    long lo, hi, grain;
    unsigned nthreads;
    char call[120];
    void (*inside)(struct watched *self, long i); // may be NULL
    wb_gauge *gauge;
    atomic_int turns, running, done;
    atomic_int most; // that ran at once
    struct note notes[MOST];
};

static struct watched *watched_new(long lo, long hi, long grain,
                                   unsigned nthreads) {
    struct watched *self = calloc(1, sizeof *self);
    ck_assert(self != NULL);
    self->lo = lo, self->hi = hi, self->grain = grain;
    self->nthreads = nthreads;
    snprintf(self->call, sizeof self->call, "par_for(%ld, %ld, %ld, %u, …)", lo,
             hi, grain, nthreads);
    return self;
}

static long index_of(const struct watched *self, long i) {
    return (long)((unsigned long)i - (unsigned long)self->lo);
}

static void watched_body(long i, void *ctx) {
    struct watched *self = ctx;
    expect(i >= self->lo && i < self->hi,
           "%s called body(%ld), which is not in the range", self->call, i);
    struct note *note = &self->notes[index_of(self, i)];
    int calls =
        1 + atomic_fetch_add_explicit(&note->calls, 1, memory_order_relaxed);
    expect(calls == 1, "%s called body(%ld) %d times", self->call, i, calls);
    int running =
        1 + atomic_fetch_add_explicit(&self->running, 1, memory_order_relaxed);
    expect(running <= (int)self->nthreads,
           "%s: %d calls of body were under way at once", self->call, running);
    atomic_store_explicit(&note->who, (unsigned long)pthread_self(),
                          memory_order_relaxed);
    atomic_store_explicit(
        &note->turn,
        atomic_fetch_add_explicit(&self->turns, 1, memory_order_relaxed),
        memory_order_relaxed);
    if (self->inside != NULL)
        self->inside(self, i);
    note->value++;
    atomic_fetch_sub_explicit(&self->running, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&self->done, 1, memory_order_relaxed);
}

static int run(struct watched *self) {
    return par_for(self->lo, self->hi, self->grain, self->nthreads,
                   watched_body, self);
}

// After the loop: everything was done, once, each chunk by one thread, in
// order.
static void expect_all_done(struct watched *self, int rc) {
    expect(rc == 0, "%s returned %d, not 0", self->call, rc);
    expect(atomic_load(&self->running) == 0,
           "%s returned while %d calls of body were still under way",
           self->call, atomic_load(&self->running));
    unsigned long size = (unsigned long)self->hi - (unsigned long)self->lo;
    for (unsigned long k = 0; k < size; k++) {
        struct note *note = &self->notes[k];
        long i = (long)((unsigned long)self->lo + k);
        expect(note->value == 1, "%s did not call body(%ld)%s", self->call, i,
               i == self->hi - 1 ? ", the last one" : "");
        if (k % (unsigned long)self->grain == 0)
            continue;
        expect(note->who == note[-1].who && note->turn > note[-1].turn,
               "%s: body(%ld) and body(%ld) belong to one chunk, but were "
               "called %s",
               self->call, i - 1, i,
               note->who != note[-1].who ? "by two threads"
                                         : "in descending order");
    }
}

static void expect_loop(long lo, long hi, long grain, unsigned nthreads) {
    struct watched *self = watched_new(lo, hi, grain, nthreads);
    expect_all_done(self, run(self));
    free(self);
}

// --- Every number, once ------------------------------------------------------

START_TEST(one_thread) {
    expect_loop(0, 10, 1, 1);
    expect_loop(-5, 6, 3, 1);
    expect_loop(7, 8, 100, 1);
}
END_TEST

START_TEST(every_number_once) {
    expect_loop(0, 100, 1, 4);
    expect_loop(0, 100, 7, 4);
    expect_loop(-50, 51, 10, 3);
    expect_loop(0, suite_size(MOST, 1000, 200), 1, 8);
    expect_loop(3, 1003, 16, 2);
}
END_TEST

static struct { atomic_long calls, sum; } tally;

static void count_call(long i, void *ctx) {
    (void)ctx;
    atomic_fetch_add_explicit(&tally.calls, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&tally.sum, i, memory_order_relaxed);
}

START_TEST(many_chunks) {
    enum { SIZE = 200000 };
    int rc = par_for(0, SIZE, 1, 2, count_call, NULL);
    expect(rc == 0, "par_for(0, %d, 1, 2, …) returned %d, not 0", SIZE, rc);
    expect(tally.calls == SIZE && tally.sum == SIZE * (SIZE - 1L) / 2,
           "par_for(0, %d, 1, 2, …) called body %ld times, and the numbers "
           "that it was called with add up to %ld instead of %ld",
           SIZE, tally.calls, tally.sum, SIZE * (SIZE - 1L) / 2);
}
END_TEST

START_TEST(few_chunks) {
    expect_loop(0, 3, 1, (unsigned)suite_size(1000, 20, 16));
    expect_loop(0, 10, 100, 4);
    expect_loop(0, 10, LONG_MAX, 4);
    expect_loop(0, 10, 9, 4);
    expect_loop(0, 0, 1, 4);
    expect_loop(LONG_MAX, LONG_MAX, 5, 2);
    expect_loop(5, 6, 1, 8);
}
END_TEST

START_TEST(ends_of_the_range) {
    expect_loop(LONG_MAX - 10, LONG_MAX, 1, 3);
    expect_loop(LONG_MAX - 10, LONG_MAX, 4, 3);
    expect_loop(LONG_MAX - 3, LONG_MAX, LONG_MAX, 8);
    expect_loop(LONG_MAX - 40, LONG_MAX, 1L << 62, 2);
    expect_loop(LONG_MIN, LONG_MIN + 10, 4, 3);
    expect_loop(LONG_MIN, LONG_MIN + 10, LONG_MAX, 2);
    expect_loop(-3, 4, LONG_MAX, 2);
}
END_TEST

// --- At the same time --------------------------------------------------------

static void meet(struct watched *self, long i) {
    (void)i;
    wb_gauge_enter(self->gauge);
    wb_gauge_leave(self->gauge);
}

static void expect_at_once(unsigned nthreads, long hi, long grain) {
    struct watched *self = watched_new(0, hi, grain, nthreads);
    self->inside = meet;
    self->gauge = wb_gauge_new((int)nthreads);
    expect_all_done(self, run(self));
    int peak = wb_gauge_peak(self->gauge);
    expect_kind("no-overlap", peak == (int)nthreads,
                "%s: there never %s more than %d call%s of body under way at "
                "once, though there were chunks enough for %u threads",
                self->call, peak == 1 ? "was" : "were", peak,
                peak == 1 ? "" : "s", nthreads);
    wb_gauge_free(self->gauge);
    free(self);
}

START_TEST(all_threads_at_once) {
    expect_at_once(2, 2, 1);
    expect_at_once(2, 4, 1);
    expect_at_once(4, 8, 1);
    expect_at_once(3, 9, 2);
    expect_at_once(4, 4, 1);
    expect_at_once((unsigned)suite_size(100, 70, 8), 200, 1);
}
END_TEST

static long slow; // the body that takes until nothing else is left

static void waits_for_the_rest(struct watched *self, long i) {
    int others = (int)(self->hi - self->lo - self->grain);
    bool last = atomic_load_explicit(&self->done, memory_order_relaxed) + 1 ==
                others + (int)(slow % self->grain);
    if (i != slow && !last)
        return;
    wb_gauge_enter(self->gauge);
    if (i == slow) {
        int done = atomic_load_explicit(&self->done, memory_order_relaxed);
        expect_kind(
            "no-overlap", done + 1 >= others,
            "%s: while body(%ld) took long, only %d other calls were made, "
            "then the other threads had nothing to do. %d could have been "
            "made by them: hand out the chunks one by one, to whoever is "
            "free",
            self->call, i, done, others);
    }
    wb_gauge_leave(self->gauge);
}

static void expect_balanced(long hi, long grain, unsigned nthreads, long i) {
    struct watched *self = watched_new(0, hi, grain, nthreads);
    slow = i;
    self->inside = waits_for_the_rest;
    self->gauge = wb_gauge_new(2);
    expect_all_done(self, run(self));
    wb_gauge_free(self->gauge);
    free(self);
}

START_TEST(one_takes_long) {
    for (long i = 0; i < 20; i += 3)
        expect_balanced(20, 1, 2, i);
    expect_balanced(24, 1, 3, 1);
    expect_balanced(24, 3, 2, 0);
    expect_balanced(24, 4, 2, 8);
}
END_TEST

// --- The end -----------------------------------------------------------------

// The body of the last number is held until all others certainly wait for it:
// so the caller too, or it has returned too early.
static void held_at_the_end(struct watched *self, long i) {
    if (i != self->hi - 1)
        return;
    wb_gauge_enter(self->gauge);
    wb_gauge_leave(self->gauge);
}

START_TEST(returns_when_all_is_done) {
    for (unsigned nthreads = 1; nthreads <= 4; nthreads++) {
        struct watched *self = watched_new(0, 6, 1, nthreads);
        self->inside = held_at_the_end;
        self->gauge = wb_gauge_new(2);
        int rc = run(self);
        expect_all_done(self, rc);
        int live = wb_threads_live();
        expect_kind("thread-leak", live == 0,
                    "%s returned, but %d of its threads have not been joined",
                    self->call, live);
        wb_gauge_free(self->gauge);
        free(self);
    }
}
END_TEST

// --- Loops in loops ----------------------------------------------------------

static void inner_loop(struct watched *self, long i) {
    (void)self;
    expect_loop(i, i + 6, 2, 2);
    if (i == 0 || i == 3) // an inner loop has threads of its own, too
        expect_at_once(2, 4, 1);
}

START_TEST(nested) {
    for (unsigned nthreads = 1; nthreads <= 3; nthreads++) {
        struct watched *self = watched_new(0, 5, 1, nthreads);
        self->inside = inner_loop;
        expect_all_done(self, run(self));
        free(self);
    }
}
END_TEST

static void *loops(void *arg) {
    for (int k = 0; k < 4; k++)
        expect_loop((long)(size_t)arg, (long)(size_t)arg + 30, 1 + k, 2);
    return NULL;
}

START_TEST(from_two_threads) {
    pthread_t threads[2];
    for (size_t k = 0; k < 2; k++)
        ck_assert_int_eq(
            pthread_create(&threads[k], NULL, loops, (void *)(1000 * k)), 0);
    for (int k = 0; k < 2; k++)
        pthread_join(threads[k], NULL);
}
END_TEST

// --- What is short, and what is refused --------------------------------------

START_TEST(threads_are_short) {
    for (int k = 1; k <= 4; k++) {
        wb_fail_call(WB_PTHREAD_CREATE, k);
        struct watched *self = watched_new(0, 40, 2, 4);
        int rc = run(self);
        wb_fail_call(WB_PTHREAD_CREATE, 0);
        expect(rc == 0,
               "%s returned %d when pthread_create number %d had failed: the "
               "threads that are there should have done the work, the caller "
               "among them",
               self->call, rc, k);
        expect_all_done(self, rc);
        free(self);
    }
    suite_note("Every pthread_create() fails.");
    wb_fail_call(WB_PTHREAD_CREATE, -1);
    expect_loop(0, 40, 2, 4);
    wb_fail_call(WB_PTHREAD_CREATE, 0);
}
END_TEST

START_TEST(memory_is_short) {
    for (int k = 1; k <= 8; k++) {
        struct watched *self = watched_new(0, 12, 2, 3);
        wb_fail_call(WB_MALLOC, k);
        int rc = run(self);
        bool failed = wb_failed(WB_MALLOC);
        wb_fail_call(WB_MALLOC, 0);
        expect(rc == 0 || (rc == -ENOMEM && failed),
               "%s returned %d when allocation number %d had failed",
               self->call, rc, k);
        expect(rc == 0 || atomic_load(&self->turns) == 0,
               "%s returned -ENOMEM, but had called body", self->call);
        if (rc == 0)
            expect_all_done(self, rc);
        free(self);
        if (!failed)
            break;
    }
}
END_TEST

static void never(long i, void *ctx) {
    (void)ctx;
    expect(false, "body(%ld) was called", i);
}

static void expect_refused(long lo, long hi, long grain, unsigned nthreads,
                           void (*body)(long, void *), const char *why) {
    int rc = par_for(lo, hi, grain, nthreads, body, NULL);
    expect(rc == -EINVAL,
           "par_for(%ld, %ld, %ld, %u, …) returned %d, not "
           "-EINVAL (%d): %s",
           lo, hi, grain, nthreads, rc, -EINVAL, why);
}

START_TEST(refused) {
    expect_refused(1, 0, 1, 2, never, "hi < lo");
    expect_refused(LONG_MAX, LONG_MIN, 1, 2, never, "hi < lo");
    expect_refused(0, 4, 0, 2, never, "grain < 1");
    expect_refused(0, 4, -1, 2, never, "grain < 1");
    expect_refused(0, 4, LONG_MIN, 2, never, "grain < 1");
    expect_refused(0, 4, 1, 0, never, "nthreads < 1");
    expect_refused(0, 4, 1, 2, NULL, "body is NULL");
}
END_TEST

SUITE(TEST(one_thread, "a loop on one thread"),
      TEST(every_number_once,
           "every number once, each chunk by one thread, in ascending order"),
      TEST(many_chunks, "a range of 200000 numbers, one by one",
           .stages = IN_TESTS),
      TEST(few_chunks, "fewer chunks than threads"),
      TEST(ends_of_the_range, "ranges that end at LONG_MAX"),
      TEST(all_threads_at_once, "NTHREADS calls are under way at once"),
      TEST(one_takes_long, "who is free takes the next chunk"),
      TEST(returns_when_all_is_done, "par_for returns when all is done"),
      TEST(nested, "a body may call par_for"),
      TEST(from_two_threads, "two threads may call par_for at the same time"),
      TEST(threads_are_short, "if threads are short, the others do the work"),
      TEST(memory_is_short, "if memory is short, nothing or everything is done",
           .stages = IN_TESTS | IN_MEMORY),
      TEST(refused, "-EINVAL for what makes no sense"), )

// --- Chosen schedules --------------------------------------------------------

static atomic_int scene_calls[4];
static int scene_values[4];

static void scene_body(long i, void *ctx) {
    (void)ctx;
    expect(i >= 0 && i < 4, "body(%ld) was called, out of the range", i);
    expect(atomic_fetch_add(&scene_calls[i], 1) == 0,
           "body(%ld) was called twice", i);
    scene_values[i] = 1;
}

static void scene_run(long hi, long grain, unsigned nthreads) {
    int rc = par_for(0, hi, grain, nthreads, scene_body, NULL);
    expect(rc == 0, "par_for(0, %ld, %ld, %u, …) returned %d", hi, grain,
           nthreads, rc);
    for (long i = 0; i < hi; i++)
        expect(scene_values[i] == 1,
               "par_for(0, %ld, %ld, %u, …) returned, and body(%ld) had not "
               "been called",
               hi, grain, nthreads, i);
}

SCENARIO(two_threads_two_numbers) {
    scene_run(2, 1, 2);
}

SCENARIO(two_threads_three_chunks) {
    scene_run(3, 1, 2);
}

SCENARIO(three_threads) {
    scene_run(4, 1, 3);
}

SCENARIOS({two_threads_two_numbers, "two threads share two numbers",
           "wrong-result"},
          {two_threads_three_chunks, "two threads share three numbers",
           "wrong-result"},
          {three_threads, "three threads share four numbers", "wrong-result"}, )
