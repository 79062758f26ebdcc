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

enum { MOST = 24, NEVER = -1, LONG_GRACE = 100000, SIGNALS = 32 };

static struct board {
    atomic_int starts[MOST]; // of each child
    atomic_int odd_mask, odd_handlers;
    atomic_int terms; // SIGTERMs that children got
    atomic_int left;  // children that have left one after the other
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

// --- What was there before ---------------------------------------------------

// Of the caller: its descriptors, its mask, its handlers.
struct before {
    int fds;
    sigset_t mask;
    struct sigaction actions[SIGNALS];
};

enum { RESTORER = 0x04000000 }; // a flag of the C library's own

static bool has_handler(int number) {
    return number != SIGKILL && number != SIGSTOP;
}

static struct before look(void) {
    struct before now = {.fds = wb_open_fds()};
    sigprocmask(SIG_SETMASK, NULL, &now.mask);
    for (int s = 1; s < SIGNALS; s++)
        if (has_handler(s))
            sigaction(s, NULL, &now.actions[s]);
    return now;
}

static bool same_mask(const sigset_t *a, const sigset_t *b) {
    for (int s = 1; s < SIGNALS; s++)
        if (sigismember(a, s) != sigismember(b, s))
            return false;
    return true;
}

static void expect_signals_as_before(const struct before *before) {
    struct before now = look();
    for (int s = 1; s < SIGNALS; s++) {
        bool due = sigismember(&before->mask, s) == 1;
        expect(sigismember(&now.mask, s) == due,
               "signal %d (%s) is %sblocked after supervise, unlike before", s,
               strsignal(s), due ? "not " : "");
        const struct sigaction *was = &before->actions[s],
                               *is = &now.actions[s];
        expect(was->sa_handler == is->sa_handler,
               "the caller's handler for signal %d (%s) is not there any more "
               "after supervise",
               s, strsignal(s));
        if (was->sa_handler == SIG_DFL || was->sa_handler == SIG_IGN)
            continue;
        expect(((was->sa_flags ^ is->sa_flags) & ~RESTORER) == 0 &&
                   same_mask(&was->sa_mask, &is->sa_mask),
               "the caller's handler for signal %d (%s) is there after "
               "supervise, but with another sa_flags or sa_mask: put back "
               "what sigaction() gave you, whole",
               s, strsignal(s));
    }
}

static void expect_nothing_left(const struct before *before) {
    expect_kind(
        "child-leak", wb_children() == 0,
        "supervise returned and left %d children, running or as zombies",
        wb_children());
    expect_kind("fd-leak", wb_open_fds() == before->fds,
                "%d descriptors were open before supervise, %d are after it",
                before->fds, wb_open_fds());
    expect_signals_as_before(before);
    expect(wb_stray_signals() == 0,
           "supervise has sent a signal to a child that it had waited for "
           "already: the number may belong to somebody else by now. Forget "
           "the pid as soon as waitpid has returned it");
}

static int supervised(int n, int max_restarts, int stop_fd, long grace_ms) {
    struct before before = look();
    memset(&stats, 0x77, sizeof stats);
    int rc = supervise(children, n, max_restarts, stop_fd, grace_ms, &stats);
    expect_nothing_left(&before);
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

static void leave_late(int signal_number) {
    (void)signal_number;
    board->terms++;
    wb_sleep_ms(300);
    _exit(0);
}

static int leaves_slowly(void *arg) {
    signal(SIGTERM, leave_late);
    return stays(arg);
}

static volatile sig_atomic_t asked;

static void note_term(int signal_number) {
    (void)signal_number;
    asked = 1;
}

// 100 ms after the one before it.
static int leaves_in_turn(void *arg) {
    signal(SIGTERM, note_term);
    note_start(arg);
    while (!asked || board->left < number_of(arg))
        wb_sleep_ms(20);
    wb_sleep_ms(100);
    board->left++;
    return 0;
}

static void count_term(int signal_number) {
    (void)signal_number;
    board->terms++;
}

static int counts_terms(void *arg) {
    signal(SIGTERM, count_term);
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

// The stop comes by a byte, WHEN that is true.
static int stopped(int n, int max_restarts, bool (*when)(void), long grace_ms) {
    int fds = wb_open_fds();
    pid_t pid = stopper(when), got;
    struct before before = look();
    memset(&stats, 0x77, sizeof stats);
    int rc =
        supervise(children, n, max_restarts, stop_pipe[0], grace_ms, &stats);
    while ((got = waitpid(pid, NULL, 0)) < 0 && errno == EINTR)
        ;
    expect(got == pid, "the caller has a child of its own; supervise has "
                       "waited for it");
    before.fds = fds;
    expect_nothing_left(&before);
    return rc;
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

START_TEST(zero_is_a_descriptor) {
    begin();
    close(0); // so that the next one that is made is 0
    crew(3, succeeds_at_third);
    int rc = supervised(3, 4, NEVER, 0);
    expect(rc == 0, "supervise returned %d", rc);
    expect_stats(6, 3, 0);
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

// Their handlers are there before that.
static bool run_first(int n) {
    for (int i = 0; i < n; i++)
        if (board->starts[i] == 0)
            return false;
    return true;
}

static bool four_run(void) {
    return run_first(4);
}

static bool all_run(void) {
    return run_first(MOST);
}

// Of a supervisor that slept for most of MS: 200 calls a second are too many.
static void expect_few_calls(long ms, bool interrupted) {
    long calls = wb_calls(WB_POLL) + wb_calls(WB_SLEEP) + wb_calls(WB_WAITPID) +
                 wb_calls(WB_READ);
    expect_kind("busy-wait", calls * 5 < (interrupted ? 2 : 1) * (ms + 100),
                "within %ld ms, while children ran and nothing happened, "
                "supervise made %ld calls of poll, sleep, waitpid or read: it "
                "asks again and again instead of sleeping",
                ms, calls);
}

START_TEST(stopped_by_a_byte) {
    begin();
    suite_note("Of four children, two leave with 0 when they get a SIGTERM, "
               "and two are ended by it. max_restarts is 0, but what ends "
               "after the stop is not given up.");
    crew(4, stays);
    children[1].fn = children[2].fn = leaves_when_asked;
    int rc = stopped(4, 0, four_run, LONG_GRACE);
    expect(rc == 0, "supervise returned %d", rc);
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
    for (long grace_ms = 0; grace_ms <= 100; grace_ms += 100) {
        begin();
        suite_note("Four children ignore SIGTERM, so they have to be killed "
                   "after grace_ms, here %ld ms. If supervise waits for ever, "
                   "it did not do that.",
                   grace_ms);
        crew(4, stays_stubbornly);
        int rc = stopped(4, 0, four_run, grace_ms);
        expect(rc == 0, "supervise returned %d", rc);
        expect_stats(0, 0, 0);
        for (int i = 0; i < 4; i++)
            expect_starts(i, 1);
    }
}
END_TEST

// Sooner than half a second a kill is far too early.
START_TEST(the_slow_have_their_time) {
    for (int interrupted = 0; interrupted < 2; interrupted++) {
        begin();
        suite_note("Children leave with 0, but only 300 ms after their "
                   "SIGTERM. grace_ms is 100 s%s.",
                   interrupted ? ", and calls are interrupted (EINTR)" : "");
        crew(4, leaves_slowly);
        wb_reset_counts();
        wb_interrupt_calls(interrupted);
        long begun = wb_now_ms();
        int rc = stopped(4, 0, four_run, LONG_GRACE);
        long took = wb_now_ms() - begun;
        wb_interrupt_calls(false);
        expect(rc == 0, "supervise returned %d", rc);
        expect(stats.clean_exits == 4,
               "4 children were about to leave with 0 soon after their "
               "SIGTERM, and %d did: the others got their SIGKILL before "
               "grace_ms, 100 s, had passed",
               stats.clean_exits);
        expect(board->terms == 4, "4 children got %d SIGTERMs, not one each",
               board->terms);
        expect_few_calls(took, interrupted);
    }
}
END_TEST

// One leaves every 100 ms, and the last stays: whoever begins the time anew
// with each end lets all of them leave.
START_TEST(the_time_is_for_all_together) {
    enum { RELAY = MOST - 1 };
    begin();
    suite_note("After the stop one child leaves every 100 ms, 23 in all; one "
               "ignores SIGTERM. grace_ms is 500: then all that still run "
               "have to be killed.");
    crew(RELAY + 1, leaves_in_turn);
    children[RELAY].fn = counts_terms;
    int rc = stopped(RELAY + 1, 3, all_run, 500);
    expect(rc == 0, "supervise returned %d", rc);
    expect(stats.clean_exits < RELAY,
           "all 23 could leave one after the other: the SIGKILL did not come "
           "500 ms after the stop, but 500 ms after the last end");
    expect(board->terms == 1,
           "a child that ignores SIGTERM got %d of them, not one",
           board->terms);
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
    int rc = stopped(2, 100000000, ten_restarts, LONG_GRACE);
    expect(rc == 0, "supervise returned %d", rc);
    expect(stats.restarts >= board->starts[0] - 1 && stats.gave_up == 0,
           "child 0 was started %d times; restarts is %d, gave_up %d",
           board->starts[0], stats.restarts, stats.gave_up);
}
END_TEST

START_TEST(stopped_from_the_beginning) {
    begin();
    suite_note("stop_fd is at the end of its stream from the beginning (poll "
               "says POLLHUP, without POLLIN), and some children ignore "
               "SIGTERM: after 50 ms they have to be killed.");
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
    struct sigaction mine = {.sa_handler = on_signal};
    sigset_t mask;
    begin();
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    sigaddset(&mine.sa_mask, SIGUSR2);
    mine.sa_flags = SA_NODEFER;
    sigaction(SIGCHLD, &mine, NULL);
    sigaction(SIGTERM, &mine, NULL);
    sigaction(SIGALRM, &mine, NULL);
    sigaction(SIGPIPE, &mine, NULL);
    sigaction(SIGIO, &mine, NULL);
    signal(SIGINT, SIG_IGN);
    crew(3, succeeds_at_third);
    int rc = supervised(3, 5, NEVER, 0); // looks at all of that
    expect(rc == 0, "supervise returned %d", rc);
}
END_TEST

// A handler runs between any two instructions: also between a call that failed
// and the look at its errno.
static int spoiled; // what errno was, 0: no handler of the answer's
static bool sent;

static void send_a_signal(long pid) {
    enum { MINE = 12345 };
    struct sigaction action;
    sigset_t mask;
    sigaction(SIGCHLD, NULL, &action);
    sigprocmask(SIG_SETMASK, NULL, &mask);
    if (pid <= 0 || sent || action.sa_handler == SIG_DFL ||
        action.sa_handler == SIG_IGN || sigismember(&mask, SIGCHLD))
        return;
    sent = true;
    wb_fail_call(WB_WRITE, 1); // as if its pipe were full
    errno = MINE;
    raise(SIGCHLD);
    spoiled = errno == MINE ? 0 : errno;
    wb_fail_call(WB_WRITE, 0);
}

START_TEST(a_handler_leaves_errno_alone) {
    begin();
    sent = false;
    spoiled = 0;
    wb_after_call(WB_FORK, send_a_signal);
    crew(4, leaves_when_asked);
    int rc = stopped(4, 0, four_run, LONG_GRACE);
    wb_after_call(WB_FORK, NULL);
    expect(rc == 0, "supervise returned %d", rc);
    expect(spoiled == 0,
           "supervise's handler for SIGCHLD changes errno (to %d, %s, when its "
           "write fails): the code that it interrupts may be about to look at "
           "errno. Keep it at the beginning of the handler, put it back at "
           "its end",
           spoiled, strerror(spoiled));
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
    wb_reset_counts();
    double cpu_ms = wb_cpu_ms();
    long begun = wb_now_ms();
    stopped(3, 0, after_a_while, LONG_GRACE);
    cpu_ms = wb_cpu_ms() - cpu_ms;
    expect_few_calls(wb_now_ms() - begun, false);
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

static void expect_error(int rc, int due, const char *name, int k) {
    expect(rc == due,
           "%s number %d failed, and supervise returned %d instead of %d (%s)",
           name, k, rc, due, strerror(-due));
    expect(stats.restarts >= 0 && stats.restarts <= 6 &&
               stats.clean_exits >= 0 && stats.clean_exits <= 3 &&
               stats.gave_up == 0,
           "%s number %d failed, supervise returned %d, and then *st holds %d, "
           "%d and %d: it is to be filled in, whatever is returned",
           name, k, rc, stats.restarts, stats.clean_exits, stats.gave_up);
}

// The fourth is the restart of a child that has failed.
START_TEST(a_fork_fails) {
    begin();
    for (int k = 1; k <= 4; k++) {
        suite_note("Three children, fork number %d fails: supervise has to end "
                   "the others, who ignore SIGTERM, and to return -EAGAIN. If "
                   "it waits for ever, it did not.",
                   k);
        crew(3, stays_stubbornly);
        children[2].fn = fails;
        wb_fail_call(WB_FORK, k);
        int rc = supervised(3, 2, NEVER, 50);
        wb_fail_call(WB_FORK, 0);
        expect_error(rc, -EAGAIN, "fork", k);
    }
}
END_TEST

// False if there are fewer than K such calls.
static bool fail_one(enum wb_call call, int k, const char *name, int due,
                     bool stopped_at_once) {
    suite_note("%s number %d is made to fail, and %s", name, k,
               stopped_at_once ? "stop_fd is readable from the start."
                               : "children are started again.");
    memset(board, 0, sizeof *board);
    crew(3, stopped_at_once ? stays_stubbornly : succeeds_at_third);
    wb_fail_call(call, k);
    int rc = supervised(3, 5, stopped_at_once ? stop_pipe[0] : NEVER, 10);
    bool failed = wb_failed(call);
    wb_fail_call(call, 0);
    expect(rc == 0 || failed, "supervise returned %d although nothing failed",
           rc);
    if (rc != 0)
        expect_error(rc, due, name, k);
    return failed;
}

static void fail_each(enum wb_call call, const char *name, int due) {
    for (int stopped_at_once = 0; stopped_at_once < 2; stopped_at_once++)
        for (int k = 1; k <= 6; k++)
            if (!fail_one(call, k, name, due, stopped_at_once))
                break;
}

START_TEST(the_system_is_short) {
    begin();
    close(stop_pipe[1]); // whatever does not fail is stopped
    fail_each(WB_MALLOC, "allocation", -ENOMEM);
    fail_each(WB_PIPE, "pipe, pidfd_open, signalfd or the like", -EMFILE);
    fail_each(WB_PTHREAD_CREATE, "pthread_create", -EAGAIN);
}
END_TEST

SUITE(
    TEST(clean_exits_are_final, "a child that exits with 0 is done"),
    TEST(failures_are_started_again,
         "a child that fails is started again, so often and no more"),
    TEST(zero_is_a_descriptor, "descriptor 0 is one like any other"),
    TEST(no_restart_at_all, "with max_restarts 0 nothing is started again"),
    TEST(many_end_in_one_moment, "twenty children may end in one moment"),
    TEST(stopped_by_a_byte, "stop_fd sends everybody a SIGTERM"),
    TEST(the_stubborn_are_killed, "who ignores SIGTERM is killed in the end"),
    TEST(the_slow_have_their_time, "who leaves within grace_ms is not killed"),
    TEST(the_time_is_for_all_together,
         "grace_ms counts from the stop, whoever ends meanwhile"),
    TEST(stopped_while_children_crash,
         "stop_fd is heard while children crash and are started again"),
    TEST(stopped_from_the_beginning, "stop_fd may be readable from the start"),
    TEST(children_begin_afresh,
         "children begin with default handlers and an empty mask"),
    TEST(the_caller_is_as_before, "the caller's handlers and mask stay"),
    TEST(a_handler_leaves_errno_alone, "a handler leaves errno as it was"),
    TEST(other_children_are_left_alone,
         "other children of the caller's are not waited for"),
    TEST(waiting_is_sleeping, "while nothing happens, supervise sleeps"),
    TEST(calls_are_interrupted, "calls that a signal interrupts go on"),
    TEST(a_fork_fails, "if a child cannot be started, the others are ended"),
    TEST(the_system_is_short,
         "what the system refuses comes back as -errno, and nothing is left"), )
