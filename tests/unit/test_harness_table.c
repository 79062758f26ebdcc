// SPDX-License-Identifier: MIT
// The table and the redirected calls: slots, marks, counts, faults. What stands
// between the two marks below plays the learner's file.
#include "test_harness.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

int lk_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *),
                      void *);
int lk_pthread_join(pthread_t, void **);
int lk_pthread_mutex_init(pthread_mutex_t *, const pthread_mutexattr_t *);
int lk_pipe(int ends[2]);
int lk_kill(pid_t pid, int number);
int lk_pidfd_open(pid_t pid, unsigned flags);
void *lk_malloc(size_t size);
ssize_t lk_read(int fd, void *buffer, size_t size);
ssize_t lk_write(int fd, const void *buffer, size_t size);
int lk_epoll_pwait2(int, struct epoll_event *, int, const struct timespec *,
                    const sigset_t *);
pid_t lk_fork(void);
int lk_poll(struct pollfd *fds, nfds_t count, int timeout);
int lk_sem_timedwait(sem_t *sem, const struct timespec *until);
int lk_pthread_cond_timedwait(pthread_cond_t *, pthread_mutex_t *,
                              const struct timespec *until);
pid_t lk_waitpid(pid_t pid, int *status, int options);

void lk_answer_begin(void);
void lk_answer_end(void);

// A tail call would be the caller's caller's; only what is used for certain
// stays in its place.
#define LEARNERS __attribute__((noinline, disable_tail_calls, used))

LEARNERS void lk_answer_begin(void) {
}

LEARNERS static void *learner_malloc(size_t size) {
    return lk_malloc(size);
}

LEARNERS static ssize_t learner_read(int fd, void *buffer, size_t size) {
    return lk_read(fd, buffer, size);
}

LEARNERS static ssize_t learner_write(int fd, const void *buffer, size_t size) {
    return lk_write(fd, buffer, size);
}

LEARNERS static int learner_epoll(int set, struct epoll_event *event,
                                  const struct timespec *timeout) {
    return lk_epoll_pwait2(set, event, 1, timeout, NULL);
}

LEARNERS static pid_t learner_waitpid(pid_t pid) {
    return lk_waitpid(pid, NULL, 0);
}

LEARNERS static pid_t learner_fork(void) {
    return lk_fork();
}

LEARNERS static int learner_pipe(int ends[2]) {
    return lk_pipe(ends);
}

LEARNERS static int learner_pidfd(void) {
    return lk_pidfd_open(getpid(), 0);
}

LEARNERS static int learner_kill(pid_t pid, int number) {
    return lk_kill(pid, number);
}

LEARNERS static int learner_mutex(pthread_mutex_t *mutex,
                                  const pthread_mutexattr_t *attributes) {
    return lk_pthread_mutex_init(mutex, attributes);
}

LEARNERS static int learner_poll(int timeout) {
    return lk_poll(NULL, 0, timeout);
}

LEARNERS static int learner_sem(sem_t *sem, const struct timespec *until) {
    return lk_sem_timedwait(sem, until);
}

LEARNERS static int learner_cond(pthread_cond_t *cond, pthread_mutex_t *mutex,
                                 const struct timespec *until) {
    return lk_pthread_cond_timedwait(cond, mutex, until);
}

LEARNERS static int learner_create(pthread_t *thread, void *(*function)(void *),
                                   void *argument) {
    return lk_pthread_create(thread, NULL, function, argument);
}

LEARNERS void lk_answer_end(void) {
}

static void *nothing(void *argument) {
    return argument;
}

START_TEST(only_calls_between_the_marks_count) {
    harness_open();
    ck_assert_msg((uintptr_t)lk_answer_begin < (uintptr_t)learner_malloc &&
                      (uintptr_t)learner_create < (uintptr_t)lk_answer_end,
                  "the compiler has moved the functions of this test");
    ck_assert(table_is_answer((uintptr_t)learner_malloc));
    ck_assert(!table_is_answer((uintptr_t)nothing));
    ck_assert(!table_is_answer((uintptr_t)lk_answer_end));
    ck_assert(!table_is_answer(0));
    free(learner_malloc(1));
    free(learner_malloc(1));
    free(lk_malloc(1)); // the suite's own
    ck_assert_int_eq(wb_calls(WB_MALLOC), 2);
    ck_assert_int_eq(wb_calls(WB_READ), 0);
    wb_reset_counts();
    ck_assert_int_eq(wb_calls(WB_MALLOC), 0);
}
END_TEST

START_TEST(the_kth_call_of_the_answer_fails_once) {
    harness_open();
    wb_fail_call(WB_MALLOC, 2);
    free(learner_malloc(1));
    ck_assert(!wb_failed(WB_MALLOC));
    void *suites = lk_malloc(1);
    ck_assert_msg(suites != NULL, "a call of the suite's was made to fail");
    free(suites);
    errno = 0;
    ck_assert_ptr_null(learner_malloc(1));
    ck_assert_int_eq(errno, ENOMEM);
    ck_assert(wb_failed(WB_MALLOC));
    void *third = learner_malloc(1);
    ck_assert_msg(third != NULL, "the call after the failed one failed too");
    free(third);
    wb_fail_call(WB_MALLOC, 1);
    ck_assert(!wb_failed(WB_MALLOC));
    wb_fail_call(WB_MALLOC, 0);
    third = learner_malloc(1);
    ck_assert_msg(third != NULL, "an order taken back was carried out");
    free(third);
}
END_TEST

START_TEST(all_calls_fail_until_the_order_is_taken_back) {
    harness_open();
    wb_fail_call(WB_MALLOC, -1);
    for (int i = 0; i < 3; i++)
        ck_assert_ptr_null(learner_malloc(1));
    ck_assert(wb_failed(WB_MALLOC));
    wb_fail_call(WB_MALLOC, 0);
    void *block = learner_malloc(1);
    ck_assert_ptr_nonnull(block);
    free(block);
}
END_TEST

START_TEST(calls_fail_as_the_system_would_let_them) {
    harness_open();
    int ends[2];
    pthread_t thread;
    wb_fail_call(WB_PIPE, 1);
    ck_assert_int_eq(learner_pipe(ends), -1);
    ck_assert_int_eq(errno, EMFILE);
    wb_fail_call(WB_PIPE, 1);
    ck_assert_int_eq(learner_pidfd(), -1);
    ck_assert_int_eq(errno, EMFILE);
    wb_fail_call(WB_FORK, 1);
    ck_assert_int_eq(learner_fork(), -1);
    ck_assert_int_eq(errno, EAGAIN);
    wb_fail_call(WB_PTHREAD_CREATE, 1);
    ck_assert_int_eq(learner_create(&thread, nothing, NULL), EAGAIN);
    ck_assert_int_eq(wb_threads_created(), 0);
}
END_TEST

// As the Thue-Morse sequence has it: i p p i p i i p, and so on.
START_TEST(half_of_the_calls_of_a_kind_are_interrupted) {
    static const char turns[] = "ippipiip";
    harness_open();
    int ends[2];
    char byte = 0;
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "abcde", 5), 5);
    wb_interrupt_calls(true);
    for (int i = 0; i < 8; i++) {
        bool passes = turns[i] == 'p';
        errno = 0;
        ck_assert_int_eq(learner_read(ends[0], &byte, 1), passes ? 1 : -1);
        ck_assert(passes || errno == EINTR);
        // Another kind has turns of its own.
        errno = 0;
        ck_assert_int_eq(learner_waitpid(-1), -1);
        ck_assert_int_eq(errno, passes ? ECHILD : EINTR);
    }
    ck_assert_int_eq(byte, 'd');
    ck_assert_int_eq(lk_read(ends[0], &byte, 1), 1); // the suite's own
    wb_interrupt_calls(false);
    ck_assert_int_eq(byte, 'e');
}
END_TEST

// valgrind 3.19 does not know this system call, so it is never made.
START_TEST(epoll_pwait2_is_counted_and_waits_as_long_as_it_says) {
    harness_open();
    int set = epoll_create1(EPOLL_CLOEXEC), ends[2];
    struct epoll_event event = {.events = EPOLLIN};
    const struct timespec moment = {0, 1}, never = {INT64_MAX / 2, 0};
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &event), 0);
    ck_assert_int_eq(learner_epoll(set, &event, &moment), 0);
    ck_assert_int_eq(write(ends[1], "a", 1), 1);
    ck_assert_int_eq(learner_epoll(set, &event, &never), 1);
    ck_assert_int_eq(learner_epoll(set, &event, NULL), 1);
    ck_assert_int_eq(wb_calls(WB_POLL), 3);
    wb_fail_call(WB_POLL, 1);
    ck_assert_int_eq(learner_epoll(set, &event, NULL), -1);
    ck_assert_int_eq(errno, ENOMEM);
}
END_TEST

// Each is cut until its time is up: 40 ms hold no more than 4 times 10.
START_TEST(waits_are_cut_and_go_on) {
    harness_open();
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
    struct timespec until;
    sem_t sem;
    sem_init(&sem, 0, 0);
    pthread_mutex_lock(&mutex);
    wb_cut_waits(10);
    ck_assert_int_eq(lk_poll(NULL, 0, 20), 0); // the suite's own
    ck_assert_int_eq(learner_poll(10), 0);     // no longer than that
    ck_assert_int_eq(wb_waits_cut(), 0);
    ck_assert_int_eq(learner_poll(100000), -1);
    ck_assert_int_eq(errno, EINTR);
    ck_assert_int_eq(wb_waits_cut(), 1);
    wb_cut_waits(10);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 100000;
    ck_assert_int_eq(learner_sem(&sem, &until), -1);
    ck_assert_int_eq(errno, EINTR);
    ck_assert_int_eq(learner_cond(&cond, &mutex, &until), 0);
    ck_assert_int_eq(wb_waits_cut(), 2);
    wb_cut_waits(10);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 40000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    while (learner_cond(&cond, &mutex, &until) == 0)
        ;
    ck_assert_int_le(wb_waits_cut(), 4);
    wb_cut_waits(0);
    until.tv_nsec = 1000000000;
    ck_assert_int_eq(learner_cond(&cond, &mutex, &until), EINVAL);
    pthread_mutex_unlock(&mutex);
    sem_destroy(&sem);
}
END_TEST

START_TEST(locks_for_one_process_in_shared_memory_are_counted) {
    harness_open();
    pthread_mutex_t here, *shared;
    pthread_mutexattr_t between;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(shared, MAP_FAILED);
    pthread_mutexattr_init(&between);
    pthread_mutexattr_setpshared(&between, PTHREAD_PROCESS_SHARED);
    ck_assert_int_eq(learner_mutex(&here, NULL), 0);
    ck_assert_int_eq(learner_mutex(shared, &between), 0);
    ck_assert_int_eq(wb_private_locks(), 0);
    ck_assert_int_eq(learner_mutex(shared, NULL), 0);
    ck_assert_int_eq(wb_private_locks(), 1);
    pthread_mutexattr_destroy(&between);
    munmap(shared, sizeof *shared);
}
END_TEST

START_TEST(signals_to_who_has_been_waited_for_are_counted) {
    harness_open();
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0)
        _exit(0);
    siginfo_t info;
    waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
    ck_assert_int_eq(learner_kill(pid, SIGTERM), 0); // a zombie is there
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    ck_assert_int_eq(learner_kill(pid, 0), -1); // who asks does no harm
    ck_assert_int_eq(wb_stray_signals(), 0);
    errno = 0;
    ck_assert_int_eq(learner_kill(pid, SIGTERM), -1);
    ck_assert_int_eq(errno, ESRCH);
    ck_assert_int_eq(wb_stray_signals(), 1);
}
END_TEST

START_TEST(short_io_cuts_streams_but_no_small_write_to_a_pipe) {
    harness_open();
    int ends[2];
    char buffer[8] = "";
    ck_assert_int_eq(pipe(ends), 0);
    wb_short_io(3);
    ck_assert_int_eq(learner_write(ends[1], "abcdefg", 7), 7);
    ck_assert_int_eq(learner_read(ends[0], buffer, 7), 3);
    ck_assert_str_eq(buffer, "abc");
    ck_assert_int_eq(lk_read(ends[0], buffer, 7), 4); // the suite's own
    int both[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, both), 0);
    ck_assert_int_eq(learner_write(both[1], "abcdefg", 7), 3);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, both), 0);
    ck_assert_int_eq(learner_write(both[1], "abcdefg", 7), 7);
    wb_short_io(0);
    ck_assert_int_eq(learner_write(ends[1], "abcdefg", 7), 7);
    ck_assert_int_eq(learner_read(ends[0], buffer, 7), 7);
}
END_TEST

START_TEST(threads_are_counted_and_forgotten_when_joined) {
    harness_open();
    pthread_t thread;
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(learner_create(&thread, nothing, NULL), 0);
        struct slot *slot = table_find_thread(thread);
        ck_assert_ptr_nonnull(slot);
        ck_assert(slot->of_answer);
        ck_assert_int_eq(slot->number, i + 1);
        ck_assert_uint_eq(slot->start, (uintptr_t)nothing);
        ck_assert_int_eq(lk_pthread_join(thread, NULL), 0);
        ck_assert(slot->ended && slot->settled);
        ck_assert_ptr_null(table_find_thread(thread));
    }
    ck_assert_int_eq(wb_threads_created(), 3);
    ck_assert_int_eq(wb_threads_live(), 0);
    ck_assert_int_eq(wb_threads_peak(), 1);
}
END_TEST

START_TEST(slots_are_used_again_but_never_one_that_explains_something) {
    harness_open();
    table_self();
    struct slot *first = NULL, *holder = NULL, *running = NULL;
    for (int i = 1; i < TABLE_SLOTS; i++) {
        struct slot *slot = table_new_thread(1, 2);
        slot->tid = 1000000 + i;
        slot->ended = slot->settled = i != 3;
        first = i == 1 ? slot : first;
        holder = i == 2 ? slot : holder;
        running = i == 3 ? slot : running;
    }
    table_take(holder, 42, 7);
    table_take(first, 43, 7);
    table_drop(first, 43);
    // All but the lock's holder, the running one and our own are free again.
    for (int i = 1; i < TABLE_SLOTS - 2; i++) {
        struct slot *slot = table_new_thread(1, 2);
        ck_assert_msg(slot >= table->slots && slot < table->slots + TABLE_SLOTS,
                      "slot %d is not of the table", i);
        ck_assert(slot != holder && slot != running && slot != table_self());
        ck_assert(!slot->ended);
    }
    ck_assert_uint_eq(holder->held[0].object, 42);
    // Now every slot is taken: one is shared, and the program goes on.
    struct slot *shared = table_new_thread(1, 2);
    ck_assert_ptr_nonnull(shared);
    ck_assert(shared < table->slots || shared >= table->slots + TABLE_SLOTS);
    ck_assert_ptr_eq(table_new_thread(1, 2), shared);
}
END_TEST

START_TEST(locks_are_held_until_dropped_by_anyone) {
    harness_open();
    struct slot *self = table_self();
    table_take(self, 10, 1);
    table_take(self, 10, 2); // recursive
    table_take(self, 20, 3);
    table_drop(self, 10);
    ck_assert_uint_eq(self->held[0].object, 10);
    ck_assert_uint_eq(self->held[0].site, 1);
    ck_assert_uint_eq(self->held[1].object, 0);
    table_drop(table_new_thread(1, 2), 20);
    ck_assert_uint_eq(self->held[2].object, 0);
}
END_TEST

HARNESS_MAIN("harness_table", only_calls_between_the_marks_count,
             the_kth_call_of_the_answer_fails_once,
             all_calls_fail_until_the_order_is_taken_back,
             calls_fail_as_the_system_would_let_them,
             half_of_the_calls_of_a_kind_are_interrupted,
             waits_are_cut_and_go_on,
             locks_for_one_process_in_shared_memory_are_counted,
             signals_to_who_has_been_waited_for_are_counted,
             short_io_cuts_streams_but_no_small_write_to_a_pipe,
             threads_are_counted_and_forgotten_when_joined,
             slots_are_used_again_but_never_one_that_explains_something,
             locks_are_held_until_dropped_by_anyone,
             epoll_pwait2_is_counted_and_waits_as_long_as_it_says)
