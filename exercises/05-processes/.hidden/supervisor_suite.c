// SPDX-License-Identifier: MIT
// Tests of supervisor. What children do and see they note on a board in shared
// memory; they assert nothing.
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/suite.h"
#include "lib/wb.h"

enum { MOST = 24, NEVER = -1, LONG_GRACE = 600000 };

static struct board {
    atomic_int starts[MOST]; // of each child
    atomic_int odd_mask, odd_handlers;
    atomic_int terms; // SIGTERMs that children got
} * board;

static struct sup_child children[MOST];
static struct sup_stats stats;
static int stop_pipe[2];
static wb_gauge *gauge;

static void *number(int n) {
    return (void *)(intptr_t)n;
}

static int number_of(const void *arg) {
    return (int)(intptr_t)arg;
}

static void begin(void) {
    board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(board, MAP_FAILED);
    ck_assert_int_eq(pipe(stop_pipe), 0);
}

static void crew(int n, int (*fn)(void *)) {
    for (int i = 0; i < n; i++)
        children[i] = (struct sup_child){fn, number(i)};
}

static void expect_nothing_left(int fds) {
    expect_kind(
        "child-leak", wb_children() == 0,
        "supervise returned and left %d children, running or as zombies",
        wb_children());
    expect_kind("fd-leak", wb_open_fds() == fds,
                "%d descriptors were open before supervise, %d are after it",
                fds, wb_open_fds());
}

static int supervised(int n, int max_restarts, int stop_fd, long grace_ms) {
    int fds = wb_open_fds();
    memset(&stats, 0x77, sizeof stats);
    int rc = supervise(children, n, max_restarts, stop_fd, grace_ms, &stats);
    expect_nothing_left(fds);
    return rc;
}

static void expect_stats(int restarts, int clean_exits, int gave_up) {
    expect(stats.restarts == restarts && stats.clean_exits == clean_exits &&
               stats.gave_up == gave_up,
           "restarts %d, clean_exits %d, gave_up %d; %d, %d and %d were due",
           stats.restarts, stats.clean_exits, stats.gave_up, restarts,
           clean_exits, gave_up);
}

static void expect_starts(int i, int due) {
    expect(board->starts[i] == due, "child %d was started %d times, not %d", i,
           board->starts[i], due);
}

// --- What children do --------------------------------------------------------

static int note_start(void *arg) {
    return ++board->starts[number_of(arg)];
}

static int leaves(void *arg) {
    note_start(arg);
    return 0;
}

static int fails(void *arg) {
    note_start(arg);
    return 3;
}

static int crashes(void *arg) {
    note_start(arg);
    raise(SIGKILL);
    return 0;
}

static int succeeds_at_third(void *arg) {
    return note_start(arg) < 3 ? 1 : 0;
}

// All end in one moment, the first time.
static int ends_in_a_burst(void *arg) {
    if (note_start(arg) > 1)
        return 0;
    wb_gauge_enter(gauge);
    return number_of(arg) % 2;
}

static int stays(void *arg) {
    note_start(arg);
    for (;;)
        pause();
}

static int stays_stubbornly(void *arg) {
    signal(SIGTERM, SIG_IGN);
    return stays(arg);
}

static void on_term(int signal_number) {
    (void)signal_number;
    board->terms++;
    _exit(0);
}

static int leaves_when_asked(void *arg) {
    signal(SIGTERM, on_term);
    return stays(arg);
}

static int looks_at_itself(void *arg) {
    sigset_t mask;
    note_start(arg);
    sigprocmask(SIG_SETMASK, NULL, &mask);
    for (int s = 1; s < 32; s++) {
        struct sigaction action;
        board->odd_mask += sigismember(&mask, s) == 1;
        if (s != SIGKILL && s != SIGSTOP && sigaction(s, NULL, &action) == 0)
            board->odd_handlers += action.sa_handler != SIG_DFL;
    }
    return 0;
}

// The one who says stop: a child of the test's own.
static pid_t stopper(bool (*when)(void)) {
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid > 0)
        return pid;
    while (!when())
        wb_sleep_ms(1);
    (void)!write(stop_pipe[1], "x", 1);
    _exit(0);
}

static void end_of(pid_t pid) {
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

// --- Ends and restarts -------------------------------------------------------

START_TEST(clean_exits_are_final) {
    begin();
    crew(3, leaves);
    int rc = supervised(3, 5, NEVER, 0);
    expect(rc == 0, "supervise returned %d", rc);
    expect_stats(0, 3, 0);
    for (int i = 0; i < 3; i++)
        expect_starts(i, 1);
    rc = supervised(0, 5, NEVER, 0);
    expect(rc == 0, "supervise of no children returned %d", rc);
}
END_TEST

START_TEST(failures_are_started_again) {
    begin();
    crew(4, leaves);
    children[0].fn = fails;
    children[1].fn = crashes;
    children[2].fn = succeeds_at_third;
    int rc = supervised(4, 4, NEVER, 0);
    expect(rc == 0, "supervise returned %d", rc);
    expect_starts(0, 5);
    expect_starts(1, 5);
    expect_starts(2, 3);
    expect_starts(3, 1);
    expect_stats(4 + 4 + 2, 2, 2);
}
END_TEST

START_TEST(no_restart_at_all) {
    begin();
    crew(2, fails);
    supervised(2, 0, NEVER, 0);
    expect_starts(0, 1);
    expect_stats(0, 0, 2);
}
END_TEST

START_TEST(many_end_in_one_moment) {
    enum { BURST = 20 };
    for (int round = 0; round < suite_size(3, 1, 1); round++) {
        begin();
        suite_note(
            "Twenty children end in one moment, and half of them have to "
            "be started again. One SIGCHLD may stand for many ends.");
        gauge = wb_gauge_new(BURST);
        crew(BURST, ends_in_a_burst);
        int rc = supervised(BURST, 1, NEVER, 0);
        expect(rc == 0, "supervise returned %d", rc);
        expect_stats(BURST / 2, BURST, 0);
        wb_gauge_free(gauge);
    }
}
END_TEST

// --- Stopping ----------------------------------------------------------------

static bool four_run(void) {
    for (int i = 0; i < 4; i++)
        if (board->starts[i] == 0)
            return false;
    wb_sleep_ms(20); // so that handlers are there
    return true;
}

START_TEST(stopped_by_a_byte) {
    begin();
    crew(4, stays);
    children[1].fn = children[2].fn = leaves_when_asked;
    pid_t pid = stopper(four_run);
    // The caller's own child is not supervised: it is waited for here.
    int rc = supervise(children, 4, 9, stop_pipe[0], LONG_GRACE, &stats);
    end_of(pid);
    expect(rc == 0, "supervise returned %d", rc);
    expect_kind("child-leak", wb_children() == 0, "%d children are left",
                wb_children());
    expect_stats(0, 2, 0);
    expect(board->terms == 2, "2 children wait for SIGTERM, %d got one",
           board->terms);
    for (int i = 0; i < 4; i++)
        expect_starts(i, 1);
    char byte;
    fcntl(stop_pipe[0], F_SETFL, O_NONBLOCK);
    expect(read(stop_pipe[0], &byte, 1) == 1,
           "supervise has read from stop_fd");
}
END_TEST

START_TEST(the_stubborn_are_killed) {
    begin();
    suite_note("Three children ignore SIGTERM, so they have to be killed after "
               "grace_ms, here 100 ms. If supervise waits for ever, it did not "
               "do that.");
    crew(4, stays_stubbornly);
    children[3].fn = leaves_when_asked;
    pid_t pid = stopper(four_run);
    int rc = supervise(children, 4, 9, stop_pipe[0], 100, &stats);
    end_of(pid);
    expect(rc == 0, "supervise returned %d", rc);
    expect_kind("child-leak", wb_children() == 0,
                "%d children that ignore SIGTERM are left", wb_children());
    expect_stats(0, 1, 0);
    for (int i = 0; i < 4; i++)
        expect_starts(i, 1);
}
END_TEST

static bool ten_restarts(void) {
    return board->starts[0] > 10;
}

START_TEST(stopped_while_children_crash) {
    begin();
    suite_note(
        "One child fails again and again; after its tenth restart stop_fd "
        "becomes readable, and nothing may be started any more.");
    crew(2, fails);
    children[1].fn = leaves_when_asked;
    pid_t pid = stopper(ten_restarts);
    int rc =
        supervise(children, 2, 100000000, stop_pipe[0], LONG_GRACE, &stats);
    end_of(pid);
    expect(rc == 0, "supervise returned %d", rc);
    expect_kind("child-leak", wb_children() == 0, "%d children are left",
                wb_children());
    expect(stats.restarts >= board->starts[0] - 1 && stats.gave_up == 0,
           "child 0 was started %d times; restarts is %d, gave_up %d",
           board->starts[0], stats.restarts, stats.gave_up);
}
END_TEST

START_TEST(stopped_from_the_beginning) {
    begin();
    suite_note("stop_fd is readable from the beginning, and some children "
               "ignore SIGTERM: after 50 ms they have to be killed.");
    close(stop_pipe[1]); // the end of the stream: readable
    crew(3, stays_stubbornly);
    children[0].fn = fails;
    int rc = supervised(3, 5, stop_pipe[0], 50);
    expect(rc == 0, "supervise returned %d", rc);
}
END_TEST

// --- Manners -----------------------------------------------------------------

static void on_signal(int signal_number) {
    (void)signal_number;
}

START_TEST(children_begin_afresh) {
    sigset_t mask;
    begin();
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    sigaddset(&mask, SIGCHLD);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    signal(SIGUSR2, SIG_IGN);
    signal(SIGHUP, on_signal);
    crew(3, looks_at_itself);
    supervised(3, 0, NEVER, 0);
    expect(board->odd_mask == 0,
           "children started with %d signals blocked; none was due",
           board->odd_mask);
    expect(board->odd_handlers == 0,
           "children started with %d signals that were not at their default",
           board->odd_handlers);
}
END_TEST

START_TEST(the_caller_is_as_before) {
    struct sigaction mine = {.sa_handler = on_signal}, now;
    sigset_t mask, after;
    begin();
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    for (int s = 1; s < 32; s++)
        if (s == SIGCHLD || s == SIGTERM || s == SIGALRM || s == SIGPIPE)
            sigaction(s, &mine, NULL);
    crew(3, succeeds_at_third);
    supervised(3, 5, NEVER, 0);
    sigprocmask(SIG_SETMASK, NULL, &after);
    for (int s = 1; s < 32; s++) {
        expect(sigismember(&after, s) == (s == SIGUSR1),
               "signal %d is %sblocked after supervise, unlike before", s,
               sigismember(&after, s) ? "" : "not ");
        if (s != SIGCHLD && s != SIGTERM && s != SIGALRM && s != SIGPIPE)
            continue;
        sigaction(s, NULL, &now);
        expect(now.sa_handler == on_signal,
               "the caller's handler for signal %d is not there any more", s);
    }
}
END_TEST

START_TEST(other_children_are_left_alone) {
    siginfo_t info;
    int status = 0;
    begin();
    pid_t other = fork();
    ck_assert_int_ge(other, 0);
    if (other == 0)
        _exit(5);
    waitid(P_PID, (id_t)other, &info, WEXITED | WNOWAIT);
    crew(3, fails);
    int rc = supervise(children, 3, 2, NEVER, 0, &stats);
    expect(rc == 0, "supervise returned %d", rc);
    pid_t got = waitpid(other, &status, 0);
    expect(got == other && WEXITSTATUS(status) == 5,
           "another child of the caller's has been waited for by supervise");
    expect_stats(6, 0, 3);
}
END_TEST

static bool after_a_while(void) {
    wb_sleep_ms(300);
    return true;
}

START_TEST(waiting_is_sleeping) {
    begin();
    crew(3, leaves_when_asked);
    pid_t pid = stopper(after_a_while);
    wb_reset_counts();
    double cpu_ms = wb_cpu_ms();
    supervise(children, 3, 0, stop_pipe[0], LONG_GRACE, &stats);
    cpu_ms = wb_cpu_ms() - cpu_ms;
    end_of(pid);
    long calls = wb_calls(WB_POLL) + wb_calls(WB_SLEEP) + wb_calls(WB_WAITPID) +
                 wb_calls(WB_READ);
    expect_kind("busy-wait", calls < 60,
                "while three children ran for 300 ms and nothing happened, "
                "supervise made %ld calls of poll, sleep, waitpid or read: it "
                "asks again and again instead of sleeping",
                calls);
    expect_kind("busy-wait", suite_tool() != TOOL_PLAIN || cpu_ms < 150,
                "while nothing happened for 300 ms, supervise used %.0f ms of "
                "CPU time",
                cpu_ms);
}
END_TEST

START_TEST(calls_are_interrupted) {
    begin();
    crew(3, succeeds_at_third);
    wb_interrupt_calls(true);
    int rc = supervised(3, 5, NEVER, 0);
    wb_interrupt_calls(false);
    expect(rc == 0, "supervise, interrupted by signals, returned %d", rc);
    expect_stats(6, 3, 0);
}
END_TEST

static void fail_each(enum wb_call call, const char *name) {
    for (int k = 1; k <= 6; k++) {
        crew(3, stays_stubbornly);
        children[2].fn = fails;
        wb_fail_call(call, k);
        int rc = supervised(3, 2, stop_pipe[0], 50);
        bool failed = wb_failed(call);
        wb_fail_call(call, 0);
        expect(rc < 0 || !failed || call != WB_FORK,
               "%s number %d failed, and supervise returned %d", name, k, rc);
        expect(rc == 0 || failed,
               "supervise returned %d although nothing failed", rc);
    }
}

START_TEST(the_system_is_short) {
    begin();
    close(stop_pipe[1]); // whatever does not fail is stopped
    fail_each(WB_FORK, "fork");
    fail_each(WB_MALLOC, "allocation");
    fail_each(WB_PIPE, "pipe or the like");
}
END_TEST

SUITE(TEST(clean_exits_are_final, "a child that exits with 0 is done"),
      TEST(failures_are_started_again,
           "a child that fails is started again, so often and no more"),
      TEST(no_restart_at_all, "with max_restarts 0 nothing is started again"),
      TEST(many_end_in_one_moment, "twenty children may end in one moment"),
      TEST(stopped_by_a_byte, "stop_fd sends everybody a SIGTERM"),
      TEST(the_stubborn_are_killed, "who ignores SIGTERM is killed in the end"),
      TEST(stopped_while_children_crash,
           "stop_fd is heard while children crash and are started again"),
      TEST(stopped_from_the_beginning,
           "stop_fd may be readable from the start"),
      TEST(children_begin_afresh,
           "children begin with default handlers and an empty mask"),
      TEST(the_caller_is_as_before, "the caller's handlers and mask stay"),
      TEST(other_children_are_left_alone,
           "other children of the caller's are not waited for"),
      TEST(waiting_is_sleeping, "while nothing happens, supervise sleeps"),
      TEST(calls_are_interrupted, "calls that a signal interrupts go on"),
      TEST(the_system_is_short,
           "if a child cannot be started, the others are ended"), )
