// SPDX-License-Identifier: MIT
// Tests of rlock. Strangers are threads that make a list of calls while the
// test's own thread owns the lock; nothing but the lock orders them.
#include "rlock.h"

#include <errno.h>
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

static void waiters_start(struct waiter *waiters, int n, rlock *l, long ms) {
    for (int i = 0; i < n; i++) {
        waiters[i] = (struct waiter){.l = l, .timeout_ms = ms};
        ck_assert_int_eq(
            pthread_create(&waiters[i].thread, NULL, waits, &waiters[i]), 0);
    }
}

static void expect_outside(struct waiter *waiters, int n, const char *when) {
    for (int i = 0; i < n; i++)
        expect(
            !atomic_load_explicit(&waiters[i].returned, memory_order_relaxed),
            "rl_acquire(l, %ld) returned to a second thread %s",
            waiters[i].timeout_ms, when);
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
    acquire(l, -1, 0, "for a new lock");
    acquire(l, -1, 0, "to the owner");
    waiters_start(waiters, 3, l, -1);
    bool asleep = wb_wait_blocked(3);
    expect_outside(waiters, 3, "while the first one owned the lock");
    expect_kind("busy-wait", asleep,
                "three threads wait for the lock and do not sleep: they go on "
                "looking (%.0f ms of processor time)",
                wb_cpu_ms());
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
    waiters_start(&waiter, 1, l, DAY_MS);
    wb_wait_blocked(1);
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
        waiters_start(&waiter, 1, l, timeouts[i]);
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
           "who waits with a time limit is woken when the lock is free",
           .stages = IN_TESTS),
      TEST(time_is_up, "rl_acquire gives up when its time is up, not earlier"),
      TEST(asked_by_others_meanwhile, "any thread may ask and try at any time"),
      TEST(memory_is_short,
           "if memory is short, rl_new returns NULL and leaks nothing",
           .stages = IN_TESTS | IN_MEMORY), )

// --- Chosen schedules --------------------------------------------------------

static rlock *scene;
static int scene_count;

static void scene_nests(void) {
    acquire(scene, -1, 0, "to a thread that may wait");
    acquire(scene, -1, 0, "to the owner");
    scene_count++;
    release(scene, 0, "to the owner");
    scene_count++;
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

enum { LIMIT_MS = 999 };
static int scene_result;
static long scene_waited_ms;

static long clock_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void *scene_tries(void *unused) {
    long begin = clock_ms();
    scene_result = rl_acquire(scene, LIMIT_MS);
    scene_waited_ms = clock_ms() - begin;
    if (scene_result == 0)
        release(scene, 0, "to the owner");
    return unused;
}

// Begins in the middle of a second: the end of the time is in the next one.
SCENARIO(a_time_limit) {
    pthread_t thread;
    scene = rl_new();
    usleep(500000);
    acquire(scene, -1, 0, "to a thread that may wait");
    pthread_create(&thread, NULL, scene_tries, NULL);
    usleep(3000000);
    release(scene, 0, "to the owner");
    pthread_join(thread, NULL);
    expect(scene_result == 0 || scene_waited_ms >= LIMIT_MS,
           "rl_acquire with %d ms returned %d after %ld ms: before its time, "
           "while another thread owned it",
           LIMIT_MS, scene_result, scene_waited_ms);
    rl_free(scene);
}

SCENARIOS({two_owners, "two threads own it in turns", NULL},
          {three_owners, "three threads own it in turns", NULL},
          {a_time_limit, "who gives up has waited its whole time",
           "wrong-result"}, )
