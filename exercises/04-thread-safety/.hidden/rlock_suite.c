// SPDX-License-Identifier: MIT
// Tests of rlock. Strangers are threads that make a list of calls while the
// test's own thread owns the lock; nothing but the lock orders them.
#include "rlock.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/suite.h"
#include "lib/wb.h"

enum { DAY_MS = 86400000, THREADS = 4 };

static const char *named(int rc) {
    return rc == 0            ? "0"
           : rc == -EBUSY     ? "-EBUSY"
           : rc == -ETIMEDOUT ? "-ETIMEDOUT"
           : rc == -EPERM     ? "-EPERM"
           : rc == ETIMEDOUT  ? "ETIMEDOUT, which should be negative"
           : rc == EBUSY      ? "EBUSY, which should be negative"
                              : "something else";
}

static rlock *make(void) {
    rlock *l = rl_new();
    expect(l != NULL, "rl_new returned NULL");
    return l;
}

// WHEN ends the message: "to the owner", "for a new lock".
static void acquire(rlock *l, long timeout_ms, int right, const char *when) {
    int rc = rl_acquire(l, timeout_ms);
    expect(rc == right, "rl_acquire(l, %ld) returned %d (%s), not %s, %s",
           timeout_ms, rc, named(rc), named(right), when);
}

static void release(rlock *l, int right, const char *when) {
    int rc = rl_release(l);
    expect(rc == right, "rl_release returned %d (%s), not %s, %s", rc,
           named(rc), named(right), when);
}

static void depth(rlock *l, int right, const char *when) {
    int found = rl_depth(l);
    expect(found == right, "rl_depth returned %d, not %d, %s", found, right,
           when);
}

// --- Strangers ---------------------------------------------------------------

// Runs WHAT in another thread, to its end.
static void elsewhere(void *(*what)(void *), void *arg) {
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, what, arg), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

static void *finds_it_owned(void *l) {
    acquire(l, 0, -EBUSY, "to a thread that tried while another one owned it");
    depth(l, 0, "to a thread while another one owned the lock");
    release(l, -EPERM, "to a thread that did not own it, but another one did");
    acquire(l, 0, -EBUSY,
            "to a thread whose rl_release had just returned -EPERM");
    return NULL;
}

static void *finds_it_free(void *l) {
    depth(l, 0, "to a thread that had not locked it yet");
    acquire(l, 0, 0, "though the owner had released it as often as acquired");
    depth(l, 1, "after one rl_acquire");
    release(l, 0, "to the owner");
    return NULL;
}

START_TEST(once) {
    rlock *l = make();
    depth(l, 0, "for a new lock");
    release(l, -EPERM, "for a new lock, which nobody owns");
    acquire(l, -1, 0, "for a new lock");
    depth(l, 1, "after one rl_acquire");
    release(l, 0, "to the owner");
    depth(l, 0, "after the last rl_release");
    release(l, -EPERM, "after the last rl_release, when nobody owned it");
    depth(l, 0, "after an rl_release that was refused");
    acquire(l, 0, 0, "for a lock that is free again");
    release(l, 0, "to the owner");
    rl_free(l);
    rl_free(NULL);
}
END_TEST

START_TEST(nested) {
    static const long timeouts[] = {-1, 0, 5, DAY_MS};
    int most = suite_size(1000, 1000, 200);
    rlock *l = make();
    for (int round = 0; round < 2; round++) {
        for (int i = 1; i <= most; i++) {
            acquire(l, timeouts[i % 4], 0, "to the owner, which nests");
            depth(l, i, "to the owner");
        }
        for (int i = most - 1; i > 0; i--) {
            release(l, 0, "to the owner");
            depth(l, i, "to the owner, after an inner release");
        }
        release(l, 0, "to the owner");
        depth(l, 0, "after as many releases as there were acquires");
    }
    rl_free(l);
}
END_TEST

START_TEST(deep) {
    enum { MOST = 1000000 };
    rlock *l = make();
    for (int i = 0; i < MOST; i++) {
        int rc = rl_acquire(l, -1);
        expect(rc == 0,
               "rl_acquire(l, -1) returned %d (%s) to the owner, who had "
               "locked it %d times: the contract allows a million",
               rc, named(rc), i);
    }
    depth(l, MOST, "to the owner, who had locked it a million times");
    for (int i = 0; i < MOST; i++) {
        int rc = rl_release(l);
        expect(rc == 0,
               "rl_release returned %d (%s) to the owner, who had locked it a "
               "million times and released it %d times",
               rc, named(rc), i);
    }
    release(l, -EPERM, "after as many releases as there were acquires");
    elsewhere(finds_it_free, l);
    rl_free(l);
}
END_TEST

START_TEST(strangers_stay_out) {
    rlock *l = make();
    for (int i = 0; i < 3; i++) {
        acquire(l, -1, 0, "to the owner");
        elsewhere(finds_it_owned, l);
        depth(l, i + 1, "to the owner, after a stranger's calls");
    }
    for (int i = 2; i > 0; i--) {
        release(l, 0, "to the owner");
        elsewhere(finds_it_owned, l);
        depth(l, i, "to the owner, after an inner release");
    }
    release(l, 0, "to the owner");
    elsewhere(finds_it_free, l);
    depth(l, 0, "after another thread had the lock");
    rl_free(l);
}
END_TEST

static void *owns_for_a_moment(void *l) {
    acquire(l, -1, 0, "for a lock that is free");
    acquire(l, -1, 0, "to the owner");
    release(l, 0, "to the owner");
    release(l, 0, "to the owner");
    return NULL;
}

static void *with_an_old_id(void *l) {
    depth(l, 0, "to a new thread, perhaps with the id of one that has ended");
    release(l, -EPERM,
            "to a new thread, perhaps with the id of one that has ended");
    acquire(l, 0, -EBUSY,
            "to a new thread (perhaps with the id of one that has ended) while "
            "another one owned the lock");
    return NULL;
}

START_TEST(ids_come_again) {
    rlock *l = make();
    for (int i = 0; i < 3; i++) {
        elsewhere(owns_for_a_moment, l);
        elsewhere(finds_it_free, l);
        elsewhere(owns_for_a_moment, l);
        acquire(l, 0, 0, "for a lock that its owner, ended by now, released");
        elsewhere(with_an_old_id, l);
        release(l, 0, "to the owner");
        release(l, -EPERM, "to a thread that no longer owned it");
    }
    rl_free(l);
}
END_TEST

START_TEST(two_locks) {
    rlock *a = make(), *b = make();
    acquire(a, -1, 0, "for a new lock");
    elsewhere(finds_it_free, b);
    acquire(b, -1, 0, "for a second lock of the same thread");
    depth(a, 1, "for the first of two locks");
    release(a, 0, "to the owner of two locks");
    elsewhere(finds_it_free, a);
    elsewhere(finds_it_owned, b);
    release(b, 0, "to the owner of two locks");
    rl_free(a);
    rl_free(b);
}
END_TEST

// --- Waiting -----------------------------------------------------------------

struct waiter {
    rlock *l;
    long timeout_ms;
    int rc;
    atomic_bool returned; // for glances
    pthread_t thread;
};

static void *waits(void *arg) {
    struct waiter *self = arg;
    self->rc = rl_acquire(self->l, self->timeout_ms);
    atomic_store_explicit(&self->returned, true, memory_order_relaxed);
    if (self->rc == 0) {
        depth(self->l, 1, "to a thread that had waited for the lock");
        release(self->l, 0, "to a thread that had waited for the lock");
    }
    return NULL;
}

static void waiters_start(struct waiter *waiters, int n, rlock *l,
                          const long *timeouts) {
    for (int i = 0; i < n; i++) {
        waiters[i] = (struct waiter){.l = l, .timeout_ms = timeouts[i]};
        ck_assert_int_eq(
            pthread_create(&waiters[i].thread, NULL, waits, &waiters[i]), 0);
    }
}

// N others wait without an end in sight: asleep, and calling nothing.
static void expect_asleep(int n, const char *who) {
    enum { A_WHILE_MS = 150 };
    bool asleep = wb_wait_blocked(n);
    expect_kind("busy-wait", asleep,
                "%s: no sleep until it is free, but one look after the other "
                "(%.0f ms of processor time)",
                who, wb_cpu_ms());
    wb_reset_counts();
    wb_sleep_ms(A_WHILE_MS);
    // Who is woken for no reason makes a call or two.
    long calls = wb_calls(WB_MUTEX_LOCK) + wb_calls(WB_COND_WAIT) +
                 wb_calls(WB_SEM_WAIT) + wb_calls(WB_READ) + wb_calls(WB_POLL) +
                 wb_calls(WB_SLEEP);
    expect_kind("busy-wait", calls <= 2 * n,
                "%s: within %d ms, in which nothing happened, %ld calls were "
                "made that lock, wait or sleep: one look after the other, in "
                "place of one sleep until somebody wakes who waits",
                who, A_WHILE_MS, calls);
}

static void expect_outside(struct waiter *waiters, int n, const char *when) {
    for (int i = 0; i < n; i++)
        expect(
            !atomic_load_explicit(&waiters[i].returned, memory_order_relaxed),
            "rl_acquire(l, %ld) returned %d (%s) to another thread %s",
            waiters[i].timeout_ms, waiters[i].rc, named(waiters[i].rc), when);
}

static void waiters_join(struct waiter *waiters, int n) {
    for (int i = 0; i < n; i++) {
        pthread_join(waiters[i].thread, NULL);
        expect(waiters[i].rc == 0,
               "rl_acquire(l, %ld) returned %d (%s), not 0, though the lock "
               "became free",
               waiters[i].timeout_ms, waiters[i].rc, named(waiters[i].rc));
    }
}

START_TEST(the_last_release_wakes) {
    rlock *l = make();
    struct waiter waiters[3];
    // Any negative number waits without limit.
    static const long timeouts[] = {-1, -1000, LONG_MIN};
    acquire(l, -1, 0, "for a new lock");
    acquire(l, -1, 0, "to the owner");
    waiters_start(waiters, 3, l, timeouts);
    wb_wait_blocked(3);
    expect_outside(waiters, 3, "while the first one owned the lock");
    expect_asleep(3, "three threads wait for the lock");
    expect_outside(waiters, 3, "while the first one owned the lock");
    acquire(l, -1, 0, "to the owner, while others wait");
    release(l, 0, "to the owner");
    release(l, 0, "to the owner");
    wb_wait_blocked(3);
    expect_outside(waiters, 3,
                   "after an inner release: the first one still owned it");
    depth(l, 1, "to the owner, after two inner releases");
    release(l, 0, "to the owner");
    waiters_join(waiters, 3);
    rl_free(l);
}
END_TEST

START_TEST(woken_before_its_time) {
    rlock *l = make();
    struct waiter waiter;
    acquire(l, -1, 0, "for a new lock");
    waiters_start(&waiter, 1, l, (long[]){DAY_MS});
    wb_wait_blocked(1);
    expect_outside(&waiter, 1, "while the first one owned the lock");
    expect_asleep(1, "a thread waits for the lock, with a limit of a day");
    expect_outside(&waiter, 1, "while the first one owned the lock");
    release(l, 0, "to the owner");
    expect_kind("lost-wakeup", wb_wakes_up(&waiter.returned, 1),
                "rl_acquire(l, %d) sleeps on though the lock has become free: "
                "nobody woke it",
                DAY_MS);
    waiters_join(&waiter, 1);
    rl_free(l);
}
END_TEST

START_TEST(time_is_up) {
    rlock *l = make();
    struct waiter waiter;
    static const long timeouts[] = {1, 40, 111};
    acquire(l, -1, 0, "for a new lock");
    for (int i = 0; i < 3; i++) {
        long before = wb_now_ms();
        suite_note("A thread owns the lock all the time; another one calls "
                   "rl_acquire(l, %ld).",
                   timeouts[i]);
        waiters_start(&waiter, 1, l, &timeouts[i]);
        pthread_join(waiter.thread, NULL);
        long took = wb_now_ms() - before;
        expect(waiter.rc == -ETIMEDOUT,
               "rl_acquire(l, %ld) returned %d (%s), not -ETIMEDOUT, though "
               "another thread owned the lock all the time",
               timeouts[i], waiter.rc, named(waiter.rc));
        expect(took >= timeouts[i] - 5,
               "rl_acquire(l, %ld) gave up after %ld ms", timeouts[i], took);
    }
    depth(l, 1, "to the owner, after others had given up");
    release(l, 0, "to the owner");
    elsewhere(finds_it_free, l);
    rl_free(l);
}
END_TEST

// --- Exclusion ---------------------------------------------------------------

static struct {
    rlock *l;
    wb_gauge *inside; // never full, if the lock keeps others out
    int counter;
} shared;

static void *works(void *unused) {
    for (int i = 0; i < 3; i++) {
        acquire(shared.l, -1, 0, "to a thread that may wait");
        acquire(shared.l, -1, 0, "to the owner");
        shared.counter++;
        release(shared.l, 0, "to the owner");
        if (i == 0) {
            wb_gauge_enter(shared.inside);
            wb_gauge_leave(shared.inside);
        }
        shared.counter++;
        release(shared.l, 0, "to the owner");
    }
    return unused;
}

START_TEST(one_at_a_time) {
    pthread_t threads[THREADS];
    shared.l = make();
    shared.inside = wb_gauge_new(2);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, works, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    expect_kind("broken-invariant", wb_gauge_peak(shared.inside) == 1,
                "%d threads owned the lock at the same time, after one of them "
                "had made an inner release",
                wb_gauge_peak(shared.inside));
    acquire(shared.l, 0, 0, "for a lock that is free");
    expect_kind("broken-invariant", shared.counter == THREADS * 6,
                "%d threads counted to %d under the lock, not to %d", THREADS,
                shared.counter, THREADS * 6);
    release(shared.l, 0, "to the owner");
    rl_free(shared.l);
}
END_TEST

// Nothing but the answer's own locks orders these threads; one that only asks,
// and one that only tries to release, make no call that would order the others.
static void *asks(void *unused) {
    for (int i = 0; i < 20; i++)
        depth(shared.l, 0, "to a thread that never locks it");
    return unused;
}

static void *meddles(void *unused) {
    for (int i = 0; i < 20; i++)
        release(shared.l, -EPERM, "to a thread that never locks it");
    return unused;
}

// With and without a limit: both order what the owners do. The time may be up
// before it is one's turn.
static void *takes(void *unused) {
    enum { LIMIT_MS = 200 };
    for (int i = 0; i < 20; i++) {
        int rc = rl_acquire(shared.l, i % 2 == 0 ? -1 : LIMIT_MS);
        expect(rc == 0 || (rc == -ETIMEDOUT && i % 2 == 1),
               "rl_acquire(l, %d) returned %d (%s) to a thread that may wait",
               i % 2 == 0 ? -1 : LIMIT_MS, rc, named(rc));
        if (rc != 0)
            continue;
        depth(shared.l, 1, "to the owner");
        release(shared.l, 0, "to the owner");
    }
    return unused;
}

START_TEST(asked_by_others_meanwhile) {
    static void *(*const does[])(void *) = {asks, meddles, takes, takes};
    pthread_t threads[THREADS];
    shared.l = make();
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, does[i], NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    rl_free(shared.l);
}
END_TEST

// Each of these makes its first call when another thread has had the lock.
// Nothing but the answer's own lock, taken before it looks, orders the two; the
// flag is a relaxed atomic.
static atomic_bool was_had;

static void *has_it(void *unused) {
    acquire(shared.l, -1, 0, "for a lock that is free");
    release(shared.l, 0, "to the owner");
    atomic_store_explicit(&was_had, true, memory_order_relaxed);
    return unused;
}

static void wait_until_had(void) {
    while (!atomic_load_explicit(&was_had, memory_order_relaxed))
        wb_sleep_ms(1);
}

static void *asks_late(void *unused) {
    wait_until_had();
    depth(shared.l, 0, "to a thread that never locks it");
    return unused;
}

static void *meddles_late(void *unused) {
    wait_until_had();
    release(shared.l, -EPERM, "to a thread that never locks it");
    return unused;
}

static void *tries_late(void *unused) {
    wait_until_had();
    // Another one may try just now.
    int rc = rl_acquire(shared.l, 0);
    if (rc == 0)
        release(shared.l, 0, "to the owner");
    return unused;
}

static void *takes_late(void *unused) {
    wait_until_had();
    acquire(shared.l, DAY_MS, 0, "to a thread that may wait");
    release(shared.l, 0, "to the owner");
    return unused;
}

START_TEST(asked_afterwards) {
    static void *(*const does[])(void *) = {asks_late, meddles_late, tries_late,
                                            takes_late, has_it};
    enum { ALL = sizeof does / sizeof does[0] };
    pthread_t threads[ALL];
    shared.l = make();
    for (int i = 0; i < ALL; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, does[i], NULL), 0);
    for (int i = 0; i < ALL; i++)
        pthread_join(threads[i], NULL);
    rl_free(shared.l);
}
END_TEST

// --- What it is made of ------------------------------------------------------

START_TEST(not_the_recursive_mutex) {
    rlock *l = make();
    acquire(l, -1, 0, "for a new lock");
    acquire(l, 0, 0, "to the owner");
    acquire(l, 50, 0, "to the owner");
    release(l, 0, "to the owner");
    release(l, 0, "to the owner");
    release(l, 0, "to the owner");
    rl_depth(l);
    rl_free(l);
    expect(wb_calls(WB_RECURSIVE_LOCK) == 0,
           "the answer locks a mutex of the type PTHREAD_MUTEX_RECURSIVE, "
           "which already is what you are to build here: count the depth "
           "yourself");
}
END_TEST

// An answer that does without what could not be had is left alone, and what it
// returned is kept: who is to say that it works, or that it can be freed?
START_TEST(something_else_is_short) {
    static const struct {
        enum wb_call call;
        const char *name;
    } short_of[] = {
        {WB_MUTEX_INIT, "pthread_mutex_init"},
        {WB_COND_INIT, "pthread_cond_init"},
        {WB_SEM_INIT, "sem_init"},
    };
    for (size_t i = 0; i < sizeof short_of / sizeof short_of[0]; i++) {
        wb_fail_call(short_of[i].call, 1);
        errno = 0;
        rlock *l = rl_new();
        int error = errno;
        bool failed = wb_failed(short_of[i].call);
        wb_fail_call(short_of[i].call, 0);
        expect(l != NULL || error != 0,
               "rl_new returned NULL when %s had failed, but left errno at 0",
               short_of[i].name);
        static rlock *volatile kept[sizeof short_of / sizeof short_of[0]];
        if (failed)
            kept[i] = l;
        else
            rl_free(l);
    }
}
END_TEST

START_TEST(memory_is_short) {
    for (int k = 1; k <= 4; k++) {
        wb_fail_call(WB_MALLOC, k);
        errno = 0;
        rlock *l = rl_new();
        int error = errno;
        bool failed = wb_failed(WB_MALLOC);
        wb_fail_call(WB_MALLOC, 0);
        expect(l != NULL || failed, "rl_new returned NULL though no memory "
                                    "was short");
        expect(l != NULL || error != 0,
               "rl_new returned NULL and left errno at 0");
        rl_free(l);
        if (!failed)
            break;
    }
}
END_TEST

SUITE(TEST(once, "acquire, depth and release, by one thread"),
      TEST(nested, "the owner may lock it again, a thousand times"),
      TEST(deep, "its owner may lock it a million times", .stages = IN_TESTS),
      TEST(not_the_recursive_mutex, "it is built without the recursive mutex",
           .stages = IN_TESTS),
      TEST(strangers_stay_out,
           "others can neither take nor release it, however deep it is"),
      TEST(ids_come_again, "a new thread owns nothing, whatever its id"),
      TEST(two_locks, "two locks have nothing to do with each other"),
      TEST(one_at_a_time, "one thread at a time owns it"),
      TEST(the_last_release_wakes,
           "who waits sleeps, and the last release wakes one",
           .stages = IN_TESTS | IN_RACES),
      TEST(woken_before_its_time,
           "who waits with a time limit sleeps, and is woken when it is free",
           .stages = IN_TESTS | IN_MEMORY),
      TEST(time_is_up, "rl_acquire gives up when its time is up, not earlier"),
      TEST(asked_by_others_meanwhile, "any thread may ask and try at any time"),
      TEST(asked_afterwards,
           "a thread that comes when others had the lock sees it as they left "
           "it"),
      TEST(something_else_is_short,
           "if a lock inside cannot be had, rl_new leaks nothing",
           .stages = IN_TESTS | IN_MEMORY, .allow_threads_left = true),
      TEST(memory_is_short,
           "if memory is short, rl_new returns NULL and leaks nothing",
           .stages = IN_TESTS | IN_MEMORY), )

// --- Chosen schedules --------------------------------------------------------

static rlock *scene;
static int scene_count;
static atomic_int scene_owners;

static void scene_nests(void) {
    acquire(scene, -1, 0, "to a thread that may wait");
    expect(atomic_fetch_add(&scene_owners, 1) == 0,
           "rl_acquire returned 0 to a thread while another one owned the "
           "lock");
    acquire(scene, -1, 0, "to the owner");
    scene_count++;
    release(scene, 0, "to the owner");
    scene_count++;
    atomic_fetch_sub(&scene_owners, 1);
    release(scene, 0, "to the owner");
}

static void *scene_other(void *unused) {
    scene_nests();
    return unused;
}

static void scene_run(int others) {
    pthread_t threads[3];
    scene = rl_new();
    for (int i = 0; i < others; i++)
        pthread_create(&threads[i], NULL, scene_other, NULL);
    scene_nests();
    for (int i = 0; i < others; i++)
        pthread_join(threads[i], NULL);
    expect(scene_count == 2 * (others + 1),
           "%d threads counted to %d under the lock, not to %d", others + 1,
           scene_count, 2 * (others + 1));
    rl_free(scene);
}

SCENARIO(two_owners) {
    scene_run(1);
}

SCENARIO(three_owners) {
    scene_run(2);
}

enum { LIMIT_MS = 999, HALF_MS = 500, LONGER_S = 100000 };
static long scene_limit_ms = LIMIT_MS;
static int scene_result;
static long scene_waited_ms;

static long clock_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void *scene_tries(void *unused) {
    long begin = clock_ms();
    scene_result = rl_acquire(scene, scene_limit_ms);
    scene_waited_ms = clock_ms() - begin;
    if (scene_result == 0)
        release(scene, 0, "to the owner");
    return unused;
}

// Begins in the middle of a second: the end of the time is in the next one, or
// where it begins.
static void scene_time_is_up(long limit_ms, long owned_s) {
    pthread_t thread;
    scene = rl_new();
    scene_limit_ms = limit_ms;
    usleep(500000);
    acquire(scene, -1, 0, "to a thread that may wait");
    pthread_create(&thread, NULL, scene_tries, NULL);
    nanosleep(&(struct timespec){.tv_sec = owned_s}, NULL);
    release(scene, 0, "to the owner");
    pthread_join(thread, NULL);
    expect(scene_result == 0 || scene_waited_ms >= limit_ms,
           "rl_acquire with %ld ms returned %d after %ld ms: before its time, "
           "while another thread owned it",
           limit_ms, scene_result, scene_waited_ms);
    rl_free(scene);
}

SCENARIO(a_time_limit) {
    scene_time_is_up(LIMIT_MS, 3);
}

SCENARIO(half_a_second) {
    scene_time_is_up(HALF_MS, 3);
}

SCENARIO(a_day) {
    scene_time_is_up(DAY_MS, LONGER_S);
}

// A look at the clock takes 1000 ns: the answer's first one shows a moment at
// which 1 ms more is a second exactly.
static void *scene_tries_at_the_second(void *unused) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t = (struct timespec){t.tv_sec + 1, 998999000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
    scene_result = rl_acquire(scene, 1001);
    scene_waited_ms = clock_ms() - t.tv_sec * 1000 - 998;
    return unused;
}

SCENARIO(a_whole_second) {
    pthread_t thread;
    scene = rl_new();
    acquire(scene, -1, 0, "to a thread that may wait");
    pthread_create(&thread, NULL, scene_tries_at_the_second, NULL);
    pthread_join(thread, NULL);
    expect(scene_result == -ETIMEDOUT && scene_waited_ms >= 1001,
           "rl_acquire with 1001 ms returned %d after %ld ms, while another "
           "thread owned it all the time",
           scene_result, scene_waited_ms);
    release(scene, 0, "to the owner");
    rl_free(scene);
}

static void *scene_waits(void *unused) {
    acquire(scene, -1, 0, "to a thread that may wait");
    release(scene, 0, "to the owner");
    return unused;
}

// The lock becomes free about when one of two gives up, or well before.
static void scene_gives_up(useconds_t after_us) {
    pthread_t tries, waits;
    scene = rl_new();
    acquire(scene, -1, 0, "to a thread that may wait");
    pthread_create(&tries, NULL, scene_tries, NULL);
    pthread_create(&waits, NULL, scene_waits, NULL);
    usleep(after_us);
    release(scene, 0, "to the owner");
    pthread_join(tries, NULL);
    pthread_join(waits, NULL);
    acquire(scene, 0, 0, "for a lock that everybody has released");
    release(scene, 0, "to the owner");
    rl_free(scene);
}

SCENARIO(one_gives_up) {
    scene_gives_up(LIMIT_MS * 1000);
}

SCENARIOS({two_owners, "two threads own it in turns", NULL},
          {three_owners, "three threads own it in turns", NULL},
          {a_time_limit, "who gives up has waited its whole time",
           "wrong-result"},
          {half_a_second,
           "who gives up has waited its whole time, also to the full second",
           "wrong-result"},
          {a_whole_second,
           "a deadline at a whole second has 0 nanoseconds, not 1,000,000,000",
           "wrong-result"},
          {a_day, "who gives up has waited its whole time, also if it is a day",
           "wrong-result"},
          {one_gives_up,
           "one of two gives up just when the lock is released: the other one "
           "gets it",
           NULL}, )
