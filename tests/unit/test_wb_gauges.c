// SPDX-License-Identifier: MIT
// The workbench's gauges and its waiting for blocked threads, in tests that are
// watched as the runner watches a suite's.
#include "test_harness.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

int lk_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *),
                      void *);
int lk_pthread_join(pthread_t, void **);
int lk_pthread_mutex_lock(pthread_mutex_t *);
int lk_pthread_mutex_unlock(pthread_mutex_t *);
int lk_pthread_once(pthread_once_t *, void (*)(void));
pid_t lk_fork(void);
pid_t lk_waitpid(pid_t pid, int *status, int options);

static wb_gauge *gauge;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool over;

static void *goes_in_and_out(void *argument) {
    wb_gauge_enter(gauge);
    wb_gauge_leave(gauge);
    return argument;
}

static void let_in(int threads) {
    pthread_t thread[8];
    for (int i = 0; i < threads; i++)
        lk_pthread_create(&thread[i], NULL, goes_in_and_out, NULL);
    for (int i = 0; i < threads; i++)
        lk_pthread_join(thread[i], NULL);
}

START_TEST(four_threads_meet) {
    gauge = wb_gauge_new(4);
    let_in(4);
    expect(wb_gauge_peak(gauge) == 4, "peak %d", wb_gauge_peak(gauge));
    expect(wb_gauge_entered(gauge) == 4, "entered %d",
           wb_gauge_entered(gauge));
    goes_in_and_out(NULL); // open for good
    expect(wb_gauge_entered(gauge) == 5, "entered %d",
           wb_gauge_entered(gauge));
    wb_gauge_free(gauge);
}
END_TEST

START_TEST(a_gauge_holds_threads_until_all_are_inside) {
    harness_open();
    ck_assert(harness_run(four_threads_meet));
    harness_passed();
}
END_TEST

START_TEST(three_of_four_come) {
    gauge = wb_gauge_new(4);
    let_in(3);
    expect(wb_gauge_peak(gauge) == 3, "peak %d", wb_gauge_peak(gauge));
}
END_TEST

START_TEST(a_gauge_gives_up_when_nobody_can_come) {
    harness_open();
    ck_assert(harness_run(three_of_four_come));
    harness_passed();
    ck_assert_ptr_null(harness_find(RECORD_WAITING, 0));
}
END_TEST

START_TEST(one_by_one_under_a_lock) {
    gauge = wb_gauge_new(2);
    for (int i = 0; i < 2; i++)
        goes_in_and_out(NULL);
    expect(wb_gauge_peak(gauge) == 1, "peak %d", wb_gauge_peak(gauge));
    expect(wb_gauge_entered(gauge) == 2, "entered %d",
           wb_gauge_entered(gauge));
}
END_TEST

START_TEST(a_serial_answer_peaks_at_one) {
    harness_open();
    ck_assert(harness_run(one_by_one_under_a_lock));
    harness_passed();
}
END_TEST

START_TEST(late_comer_is_waited_for) {
    pthread_t thread;
    gauge = wb_gauge_new(2);
    lk_pthread_create(&thread, NULL, goes_in_and_out, NULL);
    // Asleep, but with an end: it may still come, and it does. Many times as
    // long as two looks of the runner.
    wb_sleep_ms(300);
    goes_in_and_out(NULL);
    lk_pthread_join(thread, NULL);
    expect(wb_gauge_peak(gauge) == 2, "peak %d", wb_gauge_peak(gauge));
}
END_TEST

START_TEST(a_gauge_never_gives_up_while_somebody_may_come) {
    harness_open();
    ck_assert(harness_run(late_comer_is_waited_for));
    harness_passed();
}
END_TEST

static void let_processes_in(int count) {
    pid_t pid[8];
    for (int i = 0; i < count; i++) {
        pid[i] = lk_fork();
        if (pid[i] == 0) {
            goes_in_and_out(NULL);
            _exit(0);
        }
    }
    for (int i = 0; i < count; i++)
        lk_waitpid(pid[i], NULL, 0);
}

START_TEST(three_processes_meet) {
    gauge = wb_gauge_new(3);
    let_processes_in(3);
    expect(wb_gauge_peak(gauge) == 3, "peak %d", wb_gauge_peak(gauge));
}
END_TEST

START_TEST(two_of_three_processes_come) {
    gauge = wb_gauge_new(3);
    let_processes_in(2);
    expect(wb_gauge_peak(gauge) == 2, "peak %d", wb_gauge_peak(gauge));
    expect(wb_children() == 0, "%d children", wb_children());
}
END_TEST

START_TEST(a_gauge_holds_across_processes) {
    harness_open();
    ck_assert(harness_run(three_processes_meet));
    harness_passed();
    table_clear();
    harness_open_records();
    ck_assert(harness_run(two_of_three_processes_come));
    harness_passed();
}
END_TEST

// --- wb_wait_blocked ---------------------------------------------------------

static void *locks(void *argument) {
    lk_pthread_mutex_lock(&lock);
    lk_pthread_mutex_unlock(&lock);
    return argument;
}

static void *spins(void *argument) {
    while (!over)
        sched_yield();
    return argument;
}

static bool blocked_while(void *(*function)(void *), bool hold, int count) {
    pthread_t thread;
    if (hold)
        lk_pthread_mutex_lock(&lock);
    lk_pthread_create(&thread, NULL, function, NULL);
    bool blocked = wb_wait_blocked(count);
    over = true;
    if (hold)
        lk_pthread_mutex_unlock(&lock);
    lk_pthread_join(thread, NULL);
    return blocked;
}

START_TEST(sees_a_sleeper) {
    expect(blocked_while(locks, true, 1), "no thread is blocked");
}
END_TEST

START_TEST(sees_no_second_sleeper) {
    expect(!blocked_while(locks, true, 2), "two threads are blocked");
}
END_TEST

START_TEST(sees_a_spinner) {
    expect(!blocked_while(spins, false, 1), "a thread that spins is blocked");
}
END_TEST

START_TEST(sees_nobody) {
    expect(!blocked_while(locks, false, 1), "a thread that ended is blocked");
}
END_TEST

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void holds_the_first(void) {
    locks(NULL);
}

static void *comes_once(void *argument) {
    lk_pthread_once(&once, holds_the_first);
    return argument;
}

// The first is in the routine, where it waits for the lock; the second waits
// for the first.
START_TEST(sees_who_waits_in_once) {
    pthread_t threads[2];
    lk_pthread_mutex_lock(&lock);
    for (int i = 0; i < 2; i++)
        lk_pthread_create(&threads[i], NULL, comes_once, NULL);
    expect(wb_wait_blocked(2), "two threads are not blocked");
    lk_pthread_mutex_unlock(&lock);
    for (int i = 0; i < 2; i++)
        lk_pthread_join(threads[i], NULL);
}
END_TEST

static atomic_bool woken;

static void *locks_and_tells(void *argument) {
    locks(NULL);
    woken = true;
    return argument;
}

// Whether a thread in a lock wakes up, which is let go before the question or
// only after it.
static bool wakes_up(bool let_go) {
    pthread_t thread;
    lk_pthread_mutex_lock(&lock);
    lk_pthread_create(&thread, NULL, locks_and_tells, NULL);
    wb_wait_blocked(1);
    if (let_go)
        lk_pthread_mutex_unlock(&lock);
    bool answer = wb_wakes_up(&woken, 1);
    if (!let_go)
        lk_pthread_mutex_unlock(&lock);
    lk_pthread_join(thread, NULL);
    return answer;
}

START_TEST(sees_who_wakes_up) {
    expect(wakes_up(true), "a thread that was let go sleeps on");
}
END_TEST

START_TEST(sees_who_sleeps_on) {
    expect(!wakes_up(false), "a thread that is held has woken up");
}
END_TEST

START_TEST(a_thread_asleep_in_a_lock_is_blocked) {
    harness_open();
    ck_assert(harness_run(sees_a_sleeper));
    harness_passed();
}
END_TEST

START_TEST(one_blocked_thread_is_not_two) {
    harness_open();
    ck_assert(harness_run(sees_no_second_sleeper));
    harness_passed();
}
END_TEST

START_TEST(a_thread_that_spins_is_not_blocked) {
    harness_open();
    ck_assert(harness_run(sees_a_spinner));
    harness_passed();
}
END_TEST

START_TEST(a_thread_that_has_ended_is_not_blocked) {
    harness_open();
    ck_assert(harness_run(sees_nobody));
    harness_passed();
}
END_TEST

START_TEST(a_thread_that_was_woken_wakes_up) {
    harness_open();
    ck_assert(harness_run(sees_who_wakes_up));
    harness_passed();
}
END_TEST

START_TEST(a_thread_that_nobody_wakes_sleeps_on) {
    harness_open();
    ck_assert(harness_run(sees_who_sleeps_on));
    harness_passed();
}
END_TEST

START_TEST(a_thread_that_waits_for_another_in_once_is_blocked) {
    harness_open();
    ck_assert(harness_run(sees_who_waits_in_once));
    harness_passed();
}
END_TEST

HARNESS_MAIN("wb_gauges", a_gauge_holds_threads_until_all_are_inside,
             a_gauge_gives_up_when_nobody_can_come,
             a_serial_answer_peaks_at_one,
             a_gauge_never_gives_up_while_somebody_may_come,
             a_gauge_holds_across_processes,
             a_thread_asleep_in_a_lock_is_blocked,
             one_blocked_thread_is_not_two, a_thread_that_spins_is_not_blocked,
             a_thread_that_has_ended_is_not_blocked,
             a_thread_that_was_woken_wakes_up,
             a_thread_that_nobody_wakes_sleeps_on,
             a_thread_that_waits_for_another_in_once_is_blocked)
