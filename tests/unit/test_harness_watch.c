// SPDX-License-Identifier: MIT
// The runner's watching: tests that hang, run on, leave early or leave
// something behind.
#include "test_harness.h"

#include <pthread.h>
#include <sched.h>

#include "harness/tasks.h"

int lk_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *),
                      void *);
int lk_pthread_join(pthread_t, void **);
int lk_pthread_mutex_lock(pthread_mutex_t *);
int lk_pthread_mutex_unlock(pthread_mutex_t *);
int lk_pthread_cond_wait(pthread_cond_t *, pthread_mutex_t *);
ssize_t lk_read(int fd, void *buffer, size_t size);
pid_t lk_fork(void);
pid_t lk_waitpid(pid_t pid, int *status, int options);

// --- tasks_stuck -------------------------------------------------------------

static struct task sleeper(pid_t tid, enum task_state state, long switches) {
    return (struct task){.pid = 1, .tid = tid, .state = state,
                         .system_call = 202, .switches = switches};
}

static bool stuck(struct task *before, int count_before, struct task *now,
                  int count_now) {
    const struct task_list a = {.tasks = before, .count = count_before};
    const struct task_list b = {.tasks = now, .count = count_now};
    return tasks_stuck(&a, &b);
}

START_TEST(one_task_that_may_go_on_vetoes) {
    struct task old[2] = {sleeper(1, TASK_ENDLESS, 5),
                          sleeper(2, TASK_ENDLESS, 9)};
    struct task now[2] = {old[0], old[1]};
    ck_assert(stuck(old, 2, now, 2));
    for (int state = TASK_RUNNING; state <= TASK_STOPPED; state++) {
        now[1] = old[1] = sleeper(2, (enum task_state)state, 9);
        ck_assert_msg(stuck(old, 2, now, 2) == (state == TASK_ENDLESS),
                      "state %d", state);
    }
    now[1] = old[1] = sleeper(2, TASK_GONE, 9);
    ck_assert(stuck(old, 2, now, 2)); // a zombie wakes nobody
    now[1] = old[1] = sleeper(2, TASK_ENDLESS, 9);
    now[1].switches = 10; // ran in between: was woken
    ck_assert(!stuck(old, 2, now, 2));
    now[1] = old[1];
    now[1].system_call = 0;
    ck_assert(!stuck(old, 2, now, 2));
    now[1] = old[1];
    now[1].tid = 3;
    ck_assert(!stuck(old, 2, now, 2));
    ck_assert(!stuck(old, 1, old, 2)); // one has come
    ck_assert(!stuck(old, 2, old, 1)); // one has gone
    ck_assert(!stuck(old, 0, old, 0));
}
END_TEST

// --- Hangs -------------------------------------------------------------------

static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t second = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static wb_gauge *both_hold;

static void *takes_second_then_first(void *argument) {
    lk_pthread_mutex_lock(&second);
    wb_gauge_enter(both_hold);
    lk_pthread_mutex_lock(&first);
    return argument;
}

START_TEST(deadlocks) {
    pthread_t thread;
    both_hold = wb_gauge_new(2);
    lk_pthread_create(&thread, NULL, takes_second_then_first, NULL);
    lk_pthread_mutex_lock(&first);
    wb_gauge_enter(both_hold);
    lk_pthread_mutex_lock(&second);
}
END_TEST

// The n-th WAITING record of the thread called NAME.
static const struct harness_record *waiting(const char *name) {
    const struct harness_record *record;
    for (int i = 0; (record = harness_find(RECORD_WAITING, i)) != NULL; i++)
        if (strcmp(record->fields[0], name) == 0)
            return record;
    ck_abort_msg("no WAITING record of %s", name);
}

START_TEST(a_deadlock_is_told_thread_by_thread) {
    char lock1[32], lock2[32];
    snprintf(lock1, sizeof lock1, "%#lx", (unsigned long)&first);
    snprintf(lock2, sizeof lock2, "%#lx", (unsigned long)&second);
    harness_open();
    ck_assert(harness_run(deadlocks)); // the others may go on
    ck_assert_str_eq(harness_field(RECORD_EXIT, 0, 0), "stuck");
    ck_assert_ptr_null(harness_find(RECORD_DONE, 0));
    const struct harness_record *main_thread = waiting("main thread");
    const struct harness_record *other = waiting("T1");
    ck_assert_str_eq(main_thread->fields[3], "lock");
    ck_assert_str_eq(main_thread->fields[4], lock2);
    ck_assert_int_eq(main_thread->header.fields, 9);
    ck_assert_str_eq(main_thread->fields[7], lock1);
    ck_assert_str_eq(other->fields[1], "takes_second_then_first");
    ck_assert_str_eq(other->fields[4], lock1);
    ck_assert_str_eq(other->fields[7], lock2);
    ck_assert_ptr_nonnull(strstr(other->fields[5], "takes_second_then_first|"
                                                   "test_harness_watch.c|"));
}
END_TEST

START_TEST(waits_for_nobody) {
    lk_pthread_mutex_lock(&first);
    lk_pthread_cond_wait(&never, &first);
}
END_TEST

START_TEST(a_waiter_holds_not_the_lock_it_gave_up) {
    harness_open();
    ck_assert(harness_run(waits_for_nobody));
    ck_assert_str_eq(harness_field(RECORD_EXIT, 0, 0), "stuck");
    ck_assert_str_eq(waiting("main thread")->fields[3], "cond");
    ck_assert_int_eq(waiting("main thread")->header.fields, 7);
}
END_TEST

START_TEST(reads_its_own_pipe) {
    int ends[2];
    char byte;
    ck_assert_int_eq(pipe(ends), 0);
    lk_read(ends[0], &byte, 1);
}
END_TEST

START_TEST(a_read_that_never_ends_says_who_has_the_pipe_open) {
    harness_open();
    ck_assert(harness_run(reads_its_own_pipe));
    ck_assert_str_eq(harness_field(RECORD_EXIT, 0, 0), "stuck");
    ck_assert_str_eq(waiting("main thread")->fields[3], "read");
    ck_assert_ptr_nonnull(
        strstr(waiting("main thread")->fields[6], "write end is"));
}
END_TEST

START_TEST(forgets_its_child) {
    if (lk_fork() == 0)
        _exit(0);
    for (;;)
        pause();
}
END_TEST

START_TEST(a_child_that_nobody_waits_for_is_told_in_a_hang) {
    harness_open();
    ck_assert(harness_run(forgets_its_child));
    ck_assert_str_eq(harness_field(RECORD_EXIT, 0, 0), "stuck");
    ck_assert_str_eq(waiting("main thread")->fields[3], "blocked");
    ck_assert_str_eq(waiting("child 1")->fields[3], "zombie");
}
END_TEST

START_TEST(spins) {
    for (volatile int i = 0;; i++)
        ;
}
END_TEST

START_TEST(a_loop_without_end_ends_by_its_cpu_time) {
    harness_open();
    ck_assert(!harness_watch(spins, 200));
    ck_assert_str_eq(harness_field(RECORD_EXIT, 0, 0), "cpu");
    ck_assert_str_eq(waiting("main thread")->fields[3], "running");
}
END_TEST

START_TEST(stops) {
    raise(SIGSTOP);
}
END_TEST

START_TEST(a_process_that_stops_itself_is_ended) {
    harness_open();
    harness_run(stops);
    ck_assert_str_eq(harness_field(RECORD_EXIT, 0, 0), "stopped");
}
END_TEST

// --- Leaving early, leaving something ----------------------------------------

START_TEST(exits_early) {
    exit(0);
}
END_TEST

START_TEST(a_test_that_exits_is_not_done) {
    harness_open();
    ck_assert(harness_run(exits_early));
    ck_assert_str_eq(harness_field(RECORD_EXIT, 0, 0), "exited");
    ck_assert_ptr_null(harness_find(RECORD_DONE, 0));
}
END_TEST

START_TEST(fails) {
    expect(1 + 1 == 3, "two, not %d", 3);
}
END_TEST

START_TEST(a_failed_assertion_is_told_and_ends_the_test) {
    harness_open();
    ck_assert(harness_run(fails));
    ck_assert_str_eq(harness_field(RECORD_FAIL, 0, 0), "wrong-result");
    ck_assert_str_eq(harness_field(RECORD_FAIL, 0, 3), "two, not 3");
    ck_assert_ptr_null(harness_find(RECORD_DONE, 0));
}
END_TEST

START_TEST(comes_back_twice) {
    lk_fork();
}
END_TEST

START_TEST(a_child_that_comes_back_into_the_test_is_a_stray) {
    harness_open();
    harness_run(comes_back_twice);
    ck_assert_ptr_nonnull(harness_find(RECORD_STRAY, 0));
    ck_assert_ptr_nonnull(harness_find(RECORD_DONE, 0));
    ck_assert_int_ne(harness_find(RECORD_STRAY, 0)->header.pid,
                     harness_find(RECORD_DONE, 0)->header.pid);
    ck_assert_ptr_null(harness_find(RECORD_DONE, 1));
}
END_TEST

START_TEST(leaves_a_zombie) {
    pid_t pid = lk_fork();
    if (pid == 0)
        _exit(0);
    siginfo_t info;
    waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
}
END_TEST

START_TEST(a_zombie_left_is_told) {
    harness_open();
    harness_run(leaves_a_zombie);
    ck_assert_str_eq(harness_field(RECORD_LEFT_PROCESS, 0, 0), "zombie");
    ck_assert_ptr_null(harness_find(RECORD_LEFT_PROCESS, 1));
    harness_passed();
}
END_TEST

START_TEST(leaves_a_child) {
    if (lk_fork() == 0)
        for (;;)
            pause();
}
END_TEST

START_TEST(a_child_left_running_is_told_and_ended) {
    harness_open();
    harness_run(leaves_a_child);
    ck_assert_str_eq(harness_field(RECORD_LEFT_PROCESS, 0, 0), "running");
    pid_t left = atoi(harness_field(RECORD_LEFT_PROCESS, 0, 1));
    ck_assert_msg(kill(left, 0) != 0, "process %d is still there", left);
}
END_TEST

// A thread of the tool's that never sleeps, pinned to a processor that another
// program of the tool's keeps busy for a while.
static void *dies_slowly(void *begun) {
    cpu_set_t here;
    CPU_ZERO(&here);
    CPU_SET(sched_getcpu(), &here);
    sched_setaffinity(0, sizeof here, &here);
    if (fork() == 0) {
        prctl(PR_SET_NAME, "llvm-symbolizer");
        while (clock() < CLOCKS_PER_SEC / 5)
            ;
        _exit(0);
    }
    wb_gauge_enter(begun);
    for (;;)
        ;
}

START_TEST(waits_for_one_that_dies_slowly) {
    wb_gauge *begun = wb_gauge_new(2);
    pid_t pid = lk_fork();
    if (pid == 0) {
        pthread_t thread;
        pthread_create(&thread, NULL, dies_slowly, begun);
        wb_gauge_enter(begun);
        // It dies when it is its turn, which now comes last of all.
        pthread_setschedparam(thread, SCHED_IDLE, &(struct sched_param){0});
        table_note_tool_threads();
        _exit(0);
    }
    ck_assert_int_eq(lk_waitpid(pid, NULL, 0), pid);
}
END_TEST

START_TEST(a_process_ends_with_its_last_thread_not_with_its_first) {
    harness_open();
    harness_run(waits_for_one_that_dies_slowly);
    ck_assert_str_eq(harness_field(RECORD_EXIT, 0, 0), "exited");
}
END_TEST

// The test server takes its time to end, asleep all the while.
START_TEST(waits_for_the_server) {
    pid_t server = fork();
    if (server == 0) {
        prctl(PR_SET_NAME, "wb-server");
        usleep(300000);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(server, NULL, 0), server);
}
END_TEST

START_TEST(the_end_of_the_test_server_is_waited_for) {
    harness_open();
    harness_run(waits_for_the_server);
    ck_assert_str_eq(harness_field(RECORD_EXIT, 0, 0), "exited");
}
END_TEST

HARNESS_MAIN("harness_watch", one_task_that_may_go_on_vetoes,
             a_deadlock_is_told_thread_by_thread,
             a_waiter_holds_not_the_lock_it_gave_up,
             a_read_that_never_ends_says_who_has_the_pipe_open,
             a_child_that_nobody_waits_for_is_told_in_a_hang,
             a_loop_without_end_ends_by_its_cpu_time,
             a_process_that_stops_itself_is_ended,
             a_test_that_exits_is_not_done,
             a_failed_assertion_is_told_and_ends_the_test,
             a_child_that_comes_back_into_the_test_is_a_stray,
             a_zombie_left_is_told, a_child_left_running_is_told_and_ended,
             a_process_ends_with_its_last_thread_not_with_its_first,
             the_end_of_the_test_server_is_waited_for)
