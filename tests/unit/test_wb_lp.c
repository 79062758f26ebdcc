// SPDX-License-Identifier: MIT
// The task loop of exercises/lib, on its imaginary clock and on the real one.
#include "lib/lp.h"
#include "lib/lp_test.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static char story[512]; // what happened, in order

static void say(const char *format, long value) {
    size_t length = strlen(story);
    snprintf(story + length, sizeof story - length, format, value);
}

static void never_stuck(int tasks) {
    ck_abort_msg("stuck with %d tasks", tasks);
}

static void never_restless(long steps) {
    ck_abort_msg("restless after %ld steps", steps);
}

static const struct lp_watch quiet = {never_stuck, never_restless, 100000};

static int run_virtual(int (*fn)(void *), void *arg) {
    story[0] = '\0';
    lp_use_virtual_time(&quiet);
    return lp_run(fn, arg);
}

static lp_task *spawn(int (*fn)(void *), long arg) {
    lp_task *task = lp_spawn(fn, (void *)(intptr_t)arg);
    ck_assert_ptr_nonnull(task);
    return task;
}

// --- Turns, results, joins ---------------------------------------------------

static int counts_to_three(void *arg) {
    for (int i = 0; i < 3; i++) {
        say("%ld ", (long)(intptr_t)arg + i);
        lp_yield();
    }
    return (int)(intptr_t)arg;
}

static int spawns_three(void *arg) {
    lp_task *tasks[3];
    (void)arg;
    for (int i = 0; i < 3; i++)
        tasks[i] = spawn(counts_to_three, 10 * i);
    say("made ", 0);
    int sum = 0;
    for (int i = 2; i >= 0; i--) {
        int rc = -1;
        ck_assert_int_eq(lp_join(tasks[i], &rc), 0);
        ck_assert_int_eq(rc, 10 * i);
        ck_assert_int_eq(lp_join(tasks[i], NULL), 0); // again
        sum += rc;
    }
    ck_assert_int_eq(lp_join(lp_self(), NULL), -EDEADLK);
    return sum;
}

START_TEST(tasks_take_turns_in_the_order_in_which_they_line_up) {
    ck_assert_int_eq(run_virtual(spawns_three, NULL), 30);
    ck_assert_str_eq(story, "made 0 10 20 1 11 21 2 12 22 ");
}
END_TEST

static int says_late(void *arg) {
    lp_sleep(100);
    say("late%ld ", (long)(intptr_t)arg);
    return 0;
}

static int leaves_a_task_behind(void *arg) {
    (void)arg;
    spawn(says_late, 7);
    return 5;
}

START_TEST(the_run_ends_with_the_last_task) {
    ck_assert_int_eq(run_virtual(leaves_a_task_behind, NULL), 5);
    ck_assert_str_eq(story, "late7 ");
}
END_TEST

static lp_task *joined;

static int joins_it(void *arg) {
    ck_assert_int_eq(lp_join(joined, NULL), 0);
    say("%ld ", (long)(intptr_t)arg);
    return 0;
}

static int many_join_one(void *arg) {
    (void)arg;
    joined = spawn(says_late, 0);
    for (long i = 1; i <= 4; i++)
        spawn(joins_it, i);
    return 0;
}

START_TEST(all_joiners_are_woken_in_their_order) {
    run_virtual(many_join_one, NULL);
    ck_assert_str_eq(story, "late0 1 2 3 4 ");
}
END_TEST

// --- Time --------------------------------------------------------------------

static int sleeps(void *arg) {
    ck_assert_int_eq(lp_sleep((long)(intptr_t)arg), 0);
    say("%ld ", lp_now());
    return 0;
}

static int sleepers(void *arg) {
    (void)arg;
    ck_assert_int_eq(lp_now(), 0);
    const long times[] = {300, 100, 200, 100, 0, -5, 86400000};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        spawn(sleeps, times[i]);
    return 0;
}

START_TEST(the_imaginary_clock_jumps_from_end_to_end) {
    run_virtual(sleepers, NULL);
    ck_assert_str_eq(story, "0 0 100 100 200 300 86400000 ");
}
END_TEST

START_TEST(the_real_clock_is_waited_for) {
    struct timespec from, to;
    story[0] = '\0';
    clock_gettime(CLOCK_MONOTONIC, &from);
    lp_run(sleeps, (void *)(intptr_t)20);
    clock_gettime(CLOCK_MONOTONIC, &to);
    long ms = (to.tv_sec - from.tv_sec) * 1000 +
              (to.tv_nsec - from.tv_nsec) / 1000000;
    ck_assert_int_ge(ms, 20);
    ck_assert_int_ge(atol(story), 20);
}
END_TEST

static int sleeps_for_ever(void *arg) {
    (void)arg;
    return lp_sleep(LONG_MAX);
}

static int cancels_the_longest_sleep(void *arg) {
    (void)arg;
    lp_sleep(1000); // so that the sum would overflow
    lp_task *task = spawn(sleeps_for_ever, 0);
    lp_yield();
    lp_cancel(task);
    int rc = 0;
    lp_join(task, &rc);
    return rc;
}

START_TEST(the_longest_time_does_not_overflow) {
    ck_assert_int_eq(run_virtual(cancels_the_longest_sleep, NULL), -ECANCELED);
}
END_TEST

// --- Parking and cancelling --------------------------------------------------

static lp_task *parked[3];

static int parks(void *arg) {
    int rc = lp_park((long)(intptr_t)arg);
    say("%ld", rc);
    say("@%ld ", lp_now());
    return rc;
}

static int unparks(void *arg) {
    (void)arg;
    parked[0] = spawn(parks, -1);
    parked[1] = spawn(parks, 50);
    parked[2] = spawn(parks, -1);
    lp_unpark(parked[0]); // not parked yet: not remembered
    lp_sleep(100);
    lp_unpark(parked[2]);
    lp_unpark(parked[0]);
    lp_unpark(parked[0]); // woken already
    return 0;
}

START_TEST(parked_tasks_wait_for_unpark_or_their_time) {
    char wanted[64];
    run_virtual(unparks, NULL);
    snprintf(wanted, sizeof wanted, "%d@50 0@100 0@100 ", -ETIMEDOUT);
    ck_assert_str_eq(story, wanted);
}
END_TEST

static int goes_on_after_cancel(void *arg) {
    (void)arg;
    ck_assert_int_eq(lp_park(-1), -ECANCELED);
    ck_assert_int_eq(lp_sleep(10), -ECANCELED);
    ck_assert_int_eq(lp_sleep(0), -ECANCELED);
    ck_assert_int_eq(lp_park(lp_now() + 5), -ECANCELED);
    ck_assert_int_eq(lp_wait_fd(0, POLLIN, -1), -ECANCELED);
    ck_assert_int_eq(lp_join(parked[1], NULL), -ECANCELED);
    ck_assert_int_eq(lp_now(), 0);
    return 0;
}

static int cancels(void *arg) {
    (void)arg;
    parked[0] = spawn(goes_on_after_cancel, 0);
    parked[1] = spawn(sleeps, 5);
    lp_yield();
    lp_unpark(parked[0]);
    lp_cancel(
        parked[0]); // its wait was fulfilled; it is cancelled all the same
    lp_join(parked[0], NULL);
    lp_cancel(parked[0]); // over
    return 0;
}

START_TEST(cancelling_is_level_triggered) {
    run_virtual(cancels, NULL);
}
END_TEST

static int cancelled_joiner(void *arg) {
    (void)arg;
    return lp_join(joined, NULL);
}

static int a_joiner_is_cancelled(void *arg) {
    (void)arg;
    joined = spawn(says_late, 1);
    lp_task *first = spawn(joins_it, 1);
    lp_task *second = spawn(cancelled_joiner, 0);
    lp_task *third = spawn(joins_it, 3);
    lp_yield();
    lp_cancel(second);
    int rc = 0;
    lp_join(second, &rc);
    ck_assert_int_eq(rc, -ECANCELED);
    lp_join(first, NULL);
    lp_join(third, NULL);
    return 0;
}

START_TEST(a_cancelled_joiner_leaves_the_others_waiting) {
    run_virtual(a_joiner_is_cancelled, NULL);
    ck_assert_str_eq(story, "late1 1 3 ");
}
END_TEST

// --- Descriptors -------------------------------------------------------------

static int ends[2];

static int reads_when_told(void *arg) {
    char byte;
    int rc = lp_wait_fd(ends[0], POLLIN, (long)(intptr_t)arg);
    say("%ld", rc);
    say("@%ld ", lp_now());
    if (rc == 0)
        ck_assert_int_eq(read(ends[0], &byte, 1), 1);
    return 0;
}

static int descriptors(void *arg) {
    (void)arg;
    spawn(reads_when_told, 30);
    lp_sleep(50);
    spawn(reads_when_told, -1);
    lp_sleep(50);
    ck_assert_int_eq(lp_wait_fd(ends[1], POLLOUT, -1), 0);
    ck_assert_int_eq(lp_wait_fd(ends[0], POLLIN, 0), -ETIMEDOUT);
    ck_assert_int_eq(write(ends[1], "x", 1), 1);
    lp_sleep(1);
    ck_assert_int_eq(lp_wait_fd(-1, POLLIN, -1), -EBADF);
    int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(lp_wait_fd(file, POLLIN, -1), 0);
    close(file);
    close(ends[1]);
    ck_assert_int_eq(lp_wait_fd(ends[0], POLLIN, -1), 0); // hung up
    return 0;
}

START_TEST(descriptors_are_waited_for) {
    char wanted[64];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    run_virtual(descriptors, NULL);
    snprintf(wanted, sizeof wanted, "%d@30 0@100 ", -ETIMEDOUT);
    ck_assert_str_eq(story, wanted);
    close(ends[0]);
}
END_TEST

static int waits_for_one_direction(void *arg) {
    short events = (short)(intptr_t)arg;
    ck_assert_int_eq(lp_wait_fd(ends[0], events, -1), 0);
    say(events == POLLIN ? "in@%ld " : "out@%ld ", lp_now());
    return 0;
}

static int both_directions(void *arg) {
    char block[4096] = {0};
    (void)arg;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    while (write(ends[0], block, sizeof block) > 0)
        ;
    spawn(waits_for_one_direction, POLLIN);
    spawn(waits_for_one_direction, POLLOUT);
    lp_sleep(10);
    ck_assert_int_eq(write(ends[1], "x", 1), 1);
    lp_sleep(10);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    while (read(ends[1], block, sizeof block) > 0)
        ;
    return 0;
}

START_TEST(one_descriptor_serves_both_directions) {
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    run_virtual(both_directions, NULL);
    ck_assert_str_eq(story, "in@10 out@20 ");
    close(ends[0]);
    close(ends[1]);
}
END_TEST

// --- Local storage, other threads, misuse ------------------------------------

static int shows_local(void *arg) {
    (void)arg;
    say("%s ", 0);
    strcat(story, lp_local() == NULL ? "none " : (const char *)lp_local());
    lp_set_local("own ");
    return 0;
}

static int locals(void *arg) {
    (void)arg;
    ck_assert_ptr_null(lp_local());
    lp_task *first = lp_spawn(shows_local, NULL);
    lp_set_local("mine ");
    lp_task *second = lp_spawn(shows_local, NULL);
    lp_join(first, NULL);
    lp_join(second, NULL);
    ck_assert_str_eq(lp_local(), "mine ");
    return 0;
}

START_TEST(local_storage_is_inherited) {
    run_virtual(locals, NULL);
    ck_assert(strstr(story, "none ") != NULL);
    ck_assert(strstr(story, "mine ") != NULL);
}
END_TEST

static void wakes(void *arg) {
    ck_assert_int_eq(lp_in_loop(), 1);
    ck_assert_ptr_null(lp_self());
    ck_assert_int_eq(lp_sleep(1), -EPERM);
    lp_unpark(arg);
}

static void *calls(void *arg) {
    ck_assert_int_eq(lp_in_loop(), 0);
    ck_assert_ptr_null(lp_spawn(parks, NULL));
    ck_assert_int_eq(errno, EPERM);
    ck_assert_int_eq(lp_call_threadsafe(wakes, arg), 0);
    return NULL;
}

static int is_woken_from_outside(void *arg) {
    pthread_t thread;
    (void)arg;
    pthread_create(&thread, NULL, calls, lp_self());
    int rc = lp_park(-1);
    pthread_join(thread, NULL);
    return rc;
}

START_TEST(another_thread_can_wake_the_sleeping_loop) {
    for (int i = 0; i < 200; i++)
        ck_assert_int_eq(lp_run(is_woken_from_outside, NULL), 0);
    ck_assert_int_eq(lp_call_threadsafe(wakes, NULL), -ESHUTDOWN);
}
END_TEST

static void spawns_late(void *arg) {
    ck_assert_ptr_nonnull(lp_spawn(says_late, arg));
}

static void *calls_late(void *arg) {
    ck_assert_int_eq(lp_call_threadsafe(spawns_late, arg), 0);
    return NULL;
}

// The call is in the queue when the last task ends.
static int ends_with_a_call_on_its_way(void *arg) {
    pthread_t thread;
    pthread_create(&thread, NULL, calls_late, arg);
    pthread_join(thread, NULL);
    return 4;
}

START_TEST(a_call_in_the_last_moment_may_still_spawn) {
    ck_assert_int_eq(run_virtual(ends_with_a_call_on_its_way, (void *)8), 4);
    ck_assert_str_eq(story, "late8 ");
}
END_TEST

static int runs_a_second_loop(void *arg) {
    return lp_run(runs_a_second_loop, arg);
}

START_TEST(misuse_is_refused) {
    ck_assert_int_eq(lp_run(runs_a_second_loop, NULL), -EBUSY);
    ck_assert_int_eq(lp_in_loop(), 0);
    ck_assert_int_eq(lp_sleep(1), -EPERM);
    ck_assert_int_eq(lp_park(-1), -EPERM);
    ck_assert_int_eq(lp_wait_fd(0, POLLIN, 0), -EPERM);
    ck_assert_int_eq(lp_join(NULL, NULL), -EPERM);
    lp_yield();
    ck_assert_ptr_null(lp_self());
}
END_TEST

// --- The watch ---------------------------------------------------------------

static void exit_stuck(int tasks) {
    _exit(10 + tasks);
}

static void exit_restless(long steps) {
    _exit(steps > 1000 ? 20 : 21);
}

static const struct lp_watch strict = {exit_stuck, exit_restless, 1000};

static int parks_for_ever(void *arg) {
    if (arg != NULL)
        lp_spawn(parks_for_ever, NULL);
    return lp_park(-1);
}

START_TEST(who_can_never_go_on_is_reported) {
    lp_use_virtual_time(&strict);
    lp_run(parks_for_ever, story);
}
END_TEST

static int never_rests(void *arg) {
    for (;;)
        lp_yield();
    return arg == NULL;
}

START_TEST(who_never_lets_time_pass_is_reported) {
    lp_use_virtual_time(&strict);
    lp_run(never_rests, NULL);
}
END_TEST

static int counts_steps(void *arg) {
    long before = lp_steps();
    (void)arg;
    for (int i = 0; i < 900; i++)
        lp_yield();
    ck_assert_int_eq(lp_steps() - before, 900);
    lp_sleep(1); // which begins the count anew
    for (int i = 0; i < 900; i++)
        lp_yield();
    return 3;
}

START_TEST(turns_are_counted_from_the_last_move_of_the_clock) {
    lp_use_virtual_time(&strict);
    ck_assert_int_eq(lp_run(counts_steps, NULL), 3);
}
END_TEST

static int many(void *arg) {
    (void)arg;
    for (long i = 0; i < 1000; i++)
        spawn(says_late, i);
    return 0;
}

START_TEST(a_thousand_tasks_need_no_more_than_memory) {
    ck_assert_int_eq(run_virtual(many, NULL), 0);
    ck_assert_int_eq(run_virtual(spawns_three, NULL), 30); // and once more
}
END_TEST

int main(void) {
    Suite *suite = suite_create("lp");
    TCase *tests = tcase_create("lp");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, tasks_take_turns_in_the_order_in_which_they_line_up);
    tcase_add_test(tests, the_run_ends_with_the_last_task);
    tcase_add_test(tests, all_joiners_are_woken_in_their_order);
    tcase_add_test(tests, the_imaginary_clock_jumps_from_end_to_end);
    tcase_add_test(tests, the_real_clock_is_waited_for);
    tcase_add_test(tests, the_longest_time_does_not_overflow);
    tcase_add_test(tests, parked_tasks_wait_for_unpark_or_their_time);
    tcase_add_test(tests, cancelling_is_level_triggered);
    tcase_add_test(tests, a_cancelled_joiner_leaves_the_others_waiting);
    tcase_add_test(tests, descriptors_are_waited_for);
    tcase_add_test(tests, one_descriptor_serves_both_directions);
    tcase_add_test(tests, local_storage_is_inherited);
    tcase_add_test(tests, another_thread_can_wake_the_sleeping_loop);
    tcase_add_test(tests, a_call_in_the_last_moment_may_still_spawn);
    tcase_add_test(tests, misuse_is_refused);
    tcase_add_exit_test(tests, who_can_never_go_on_is_reported, 12);
    tcase_add_exit_test(tests, who_never_lets_time_pass_is_reported, 20);
    tcase_add_test(tests, turns_are_counted_from_the_last_move_of_the_clock);
    tcase_add_test(tests, a_thousand_tasks_need_no_more_than_memory);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
