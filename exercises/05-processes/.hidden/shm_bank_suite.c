// SPDX-License-Identifier: MIT
// Tests of shm_bank. Children tell what they saw by a board in shared memory,
// or by how they end; they assert nothing themselves.
#include "shm_bank.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/suite.h"
#include "lib/wb.h"

enum { ACCOUNTS = 5, EACH = 1000, SUM = ACCOUNTS * EACH };

static struct board {
    atomic_int steps;     // calls of BANK_STEP
    atomic_int last_from; // of the last of them
    atomic_int last_to;
    atomic_long from_saw, to_saw; // sb_look() in it
    atomic_int refusals;          // results of children that were not wanted
} * board;

static shm_bank *bank;
static bool dies_in_step; // of this process
static bool yields_in_step;
static wb_gauge *holds_in_step;

void bank_step_hook(int from, int to) {
    board->steps++;
    board->last_from = from;
    board->last_to = to;
    board->from_saw = sb_look(bank, from);
    board->to_saw = sb_look(bank, to);
    if (yields_in_step)
        sched_yield();
    if (holds_in_step != NULL) {
        wb_gauge_enter(holds_in_step);
        wb_gauge_leave(holds_in_step);
    }
    if (dies_in_step)
        raise(SIGKILL);
}

static void open_bank(void) {
    long opening[ACCOUNTS];
    for (int i = 0; i < ACCOUNTS; i++)
        opening[i] = EACH;
    board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(board, MAP_FAILED);
    bank = sb_new(opening, ACCOUNTS);
    expect(bank != NULL, "sb_new returned NULL");
}

static void close_bank(void) {
    sb_free(bank);
    munmap(board, sizeof *board);
}

// --- Children ----------------------------------------------------------------

static pid_t child(void (*body)(int), int arg) {
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        body(arg);
        _exit(0);
    }
    return pid;
}

static int ended(pid_t pid) {
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

static void expect_total(const char *when) {
    long total = sb_total(bank);
    expect(total == SUM, "sb_total returned %ld instead of %d %s", total, SUM,
           when);
}

static void expect_transfer(int from, int to, long amount, const char *when) {
    int rc = sb_transfer(bank, from, to, amount);
    expect(rc == 0, "sb_transfer(b, %d, %d, %ld) returned %d instead of 0 %s",
           from, to, amount, rc, when);
}

// --- Alone -------------------------------------------------------------------

static void expect_refused(int from, int to, long amount, int error) {
    long before[ACCOUNTS];
    int steps = board->steps;
    for (int i = 0; i < ACCOUNTS; i++)
        before[i] = sb_look(bank, i);
    int rc = sb_transfer(bank, from, to, amount);
    expect(rc == error, "sb_transfer(b, %d, %d, %ld) returned %d instead of %d",
           from, to, amount, rc, error);
    expect(board->steps == steps,
           "sb_transfer called BANK_STEP for a transfer that it refused");
    for (int i = 0; i < ACCOUNTS; i++)
        expect(sb_look(bank, i) == before[i],
               "a refused transfer changed account %d", i);
}

START_TEST(transfers_and_refusals) {
    open_bank();
    expect_total("at the beginning");
    expect_transfer(0, 1, 300, "");
    expect(sb_look(bank, 0) == 700 && sb_look(bank, 1) == 1300,
           "after 300 were moved from 1000 to 1000, sb_look gives %ld and %ld",
           sb_look(bank, 0), sb_look(bank, 1));
    expect_transfer(0, 4, 700, "(all that it holds)");
    expect_refused(0, 4, 1, -ERANGE);
    expect_refused(2, 3, 1001, -ERANGE);
    expect_refused(2, 3, LONG_MAX, -ERANGE);
    expect_refused(2, 2, 5, -EINVAL);
    expect_refused(2, 3, 0, -EINVAL);
    expect_refused(2, 3, -5, -EINVAL);
    expect_refused(-1, 3, 5, -EINVAL);
    expect_refused(2, ACCOUNTS, 5, -EINVAL);
    expect_refused(ACCOUNTS, 2, LONG_MAX, -EINVAL);
    expect_refused(INT_MIN, INT_MAX, 1, -EINVAL);
    expect_total("after some transfers");
    close_bank();
    sb_free(NULL);
}
END_TEST

START_TEST(the_step_is_between) {
    open_bank();
    expect_transfer(1, 2, 250, "");
    expect(board->steps == 1, "a transfer called BANK_STEP %d times",
           board->steps);
    expect(board->last_from == 1 && board->last_to == 2,
           "BANK_STEP(%d, %d) was called in a transfer from 1 to 2",
           board->last_from, board->last_to);
    expect(board->from_saw == 750 && board->to_saw == 1000,
           "of a transfer of 250 from 1000 to 1000, the accounts held %ld and "
           "%ld in BANK_STEP instead of 750 and 1000",
           board->from_saw, board->to_saw);
    close_bank();
}
END_TEST

START_TEST(freeing_frees_the_mapping) {
    static const long opening[2] = {1, 2};
    int before = wb_shared_mappings();
    for (int i = 0; i < 3; i++)
        sb_free(sb_new(opening, 2));
    expect_kind("memory-leak", wb_shared_mappings() <= before,
                "%d mappings of shared memory are left after sb_free",
                wb_shared_mappings() - before);
}
END_TEST

// Behind the bank comes memory that must not be touched. With some of these
// numbers of accounts the bank ends where its last page ends.
START_TEST(nothing_behind_the_last_account) {
    enum { FEW = 440, MANY = 512 };
    static long opening[MANY];
    for (int i = 0; i < MANY; i++)
        opening[i] = 2;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(board, MAP_FAILED);
    for (int n = FEW; n < MANY; n++) {
        void *guard =
            mmap(NULL, page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        bank = sb_new(opening, n);
        expect(bank != NULL, "sb_new returned NULL");
        expect_transfer(0, n - 1, 1, "");
        long total = sb_total(bank);
        expect(total == 2L * n, "sb_total of %d accounts with 2 each gave %ld",
               n, total);
        sb_free(bank);
        munmap(guard, page);
    }
}
END_TEST

START_TEST(nothing_to_be_had) {
    static const long opening[2] = {1, 2};
    static const enum wb_call calls[] = {WB_MMAP, WB_MALLOC, WB_PIPE};
    for (size_t c = 0; c < 3; c++) {
        for (int k = 1; k <= 3; k++) {
            wb_fail_call(calls[c], k);
            shm_bank *b = sb_new(opening, 2);
            bool failed = wb_failed(calls[c]);
            wb_fail_call(calls[c], 0);
            expect((b == NULL) == failed, "sb_new returned %s although %s",
                   b == NULL ? "NULL" : "a bank",
                   failed ? "the system was short of what it asked for"
                          : "nothing failed");
            sb_free(b);
        }
    }
}
END_TEST

// --- Together ----------------------------------------------------------------

static void moves_300(int arg) {
    (void)arg;
    board->refusals += sb_transfer(bank, 0, 1, 300) != 0;
}

START_TEST(children_share_the_bank) {
    open_bank();
    expect(wb_private_locks() == 0,
           "the bank has a lock in shared memory that was made for one process "
           "only: whether it works between two is left open by POSIX. It needs "
           "PTHREAD_PROCESS_SHARED (sem_init: pshared 1)");
    ended(child(moves_300, 0));
    expect(board->refusals == 0, "sb_transfer in a child was refused");
    expect(sb_look(bank, 0) == 700 && sb_look(bank, 1) == 1300,
           "a child moved 300 from account 0 to account 1, and its parent sees "
           "%ld and %ld instead of 700 and 1300: they do not use the same "
           "memory",
           sb_look(bank, 0), sb_look(bank, 1));
    expect_transfer(1, 0, 1300, "after a child's transfer");
    expect_total("after a child's transfer");
    close_bank();
}
END_TEST

static int rounds;

static void moves_around(int arg) {
    unsigned long random = (unsigned long)arg + 1;
    yields_in_step = true;
    for (int i = 0; i < rounds; i++) {
        int from = (int)(suite_random(&random) % ACCOUNTS);
        int to = (int)(suite_random(&random) % ACCOUNTS);
        long amount = (long)(suite_random(&random) % 50) + 1;
        int rc = sb_transfer(bank, from, to, amount);
        board->refusals += rc != 0 && rc != -EINVAL && rc != -ERANGE;
    }
}

START_TEST(four_processes_and_an_auditor) {
    pid_t pids[4];
    open_bank();
    rounds = suite_size(5000, 1000, 300);
    for (int i = 0; i < 4; i++)
        pids[i] = child(moves_around, i);
    for (int i = 0; i < rounds; i++)
        expect_total("while four processes moved money around");
    for (int i = 0; i < 4; i++) {
        int status = ended(pids[i]);
        expect(status == 0, "a child ended with status %d", status);
    }
    expect(board->refusals == 0, "sb_transfer gave %d strange results",
           board->refusals);
    expect_total("after four processes moved money around");
    for (int i = 0; i < ACCOUNTS; i++)
        expect(sb_look(bank, i) >= 0, "account %d holds %ld", i,
               sb_look(bank, i));
    close_bank();
}
END_TEST

static void holds(int arg) {
    (void)arg;
    sb_transfer(bank, 2, 3, 5);
}

static void wants_600(int arg) {
    holds_in_step = NULL;
    board->refusals += sb_transfer(bank, 0, arg, 600) == -ERANGE;
}

// Two that both see enough, before either has taken it.
START_TEST(looked_at_and_taken_as_one) {
    open_bank();
    holds_in_step = wb_gauge_new(2);
    pid_t pids[3] = {child(holds, 0)};
    while (board->steps == 0)
        wb_sleep_ms(1);
    for (int i = 1; i <= 2; i++)
        pids[i] = child(wants_600, i);
    wb_sleep_ms(
        50); // so that they come to the lock; if not, they are right too
    wb_gauge_enter(holds_in_step);
    wb_gauge_leave(holds_in_step);
    for (int i = 0; i < 3; i++)
        ended(pids[i]);
    expect(
        board->refusals == 1 && sb_look(bank, 0) == 400,
        "two processes wanted 600 of 1000 while a third was in BANK_STEP; %d "
        "of them were refused, and %ld are left: whether there is enough has "
        "to be looked at under the lock",
        board->refusals, sb_look(bank, 0));
    expect_total("after that");
    close_bank();
}
END_TEST

// --- Death -------------------------------------------------------------------

static void dies_in_transfer(int arg) {
    dies_in_step = true;
    sb_transfer(bank, arg % ACCOUNTS, (arg + 1 + arg / ACCOUNTS % 3) % ACCOUNTS,
                1 + arg % 40);
}

static void expect_died(pid_t pid) {
    int status = ended(pid);
    expect(
        WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
        "a child was to be killed in BANK_STEP, but its transfer went on and "
        "it ended with status %d",
        status);
}

START_TEST(killed_in_the_middle) {
    open_bank();
    for (int i = 0; i < 50; i++) {
        expect_died(child(dies_in_transfer, i));
        if (i % 2 == 0)
            expect_total("after a process was killed in BANK_STEP");
        expect_transfer(i % ACCOUNTS, (i + 2) % ACCOUNTS, 1,
                        "after a process was killed in BANK_STEP");
        expect_total("after a process was killed in BANK_STEP, and another "
                     "transfer");
    }
    close_bank();
}
END_TEST

START_TEST(one_death_after_the_other) {
    open_bank();
    for (int i = 0; i < 6; i++)
        expect_died(child(dies_in_transfer, i)); // each recovers, and dies
    expect_total("after six processes were killed in BANK_STEP, one after the "
                 "other");
    expect_transfer(0, 1, 10, "after that");
    ended(child(moves_300, 0));
    expect(board->refusals == 0, "sb_transfer in a child was refused after "
                                 "that");
    expect_total("after that");
    close_bank();
}
END_TEST

static void just_adds(int arg) {
    (void)arg;
    sb_total(bank);
}

START_TEST(killed_while_waiting) {
    open_bank();
    holds_in_step = wb_gauge_new(2);
    pid_t holder = child(holds, 0);
    while (board->steps == 0)
        wb_sleep_ms(1);
    pid_t waiters[3];
    for (int i = 0; i < 3; i++)
        waiters[i] = child(i == 1 ? just_adds : holds, 0);
    wb_sleep_ms(30);
    for (int i = 0; i < 3; i++)
        kill(waiters[i], SIGKILL);
    for (int i = 0; i < 3; i++)
        ended(waiters[i]);
    wb_gauge_enter(holds_in_step);
    wb_gauge_leave(holds_in_step);
    ended(holder);
    expect_total("after processes were killed that waited for another one");
    expect_transfer(3, 2, 3, "after that");
    close_bank();
}
END_TEST

static void adds_for_ever(int arg) {
    (void)arg;
    for (;;) {
        sb_total(bank);
        board->steps++;
    }
}

// There are so many accounts that whoever adds them up holds the lock nearly
// all the time.
START_TEST(killed_while_it_adds) {
    enum { MANY = 20000 };
    static long opening[MANY];
    open_bank();
    sb_free(bank);
    for (int i = 0; i < MANY; i++)
        opening[i] = 10;
    bank = sb_new(opening, MANY);
    expect(bank != NULL, "sb_new returned NULL");
    for (int i = 0; i < suite_size(20, 10, 5); i++) {
        expect_transfer(0, 1, 1, "");
        expect_transfer(1, 2, 1, "");
        long due[3] = {sb_look(bank, 0), sb_look(bank, 1), sb_look(bank, 2)};
        board->steps = 0;
        pid_t pid = child(adds_for_ever, 0);
        while (board->steps < 3)
            wb_sleep_ms(1);
        kill(pid, SIGKILL);
        ended(pid);
        long total = sb_total(bank);
        expect(total == 10L * MANY,
               "a process was killed in sb_total, and sb_total gives %ld "
               "instead of %ld",
               total, 10L * MANY);
        for (int k = 0; k < 3; k++)
            expect(
                sb_look(bank, k) == due[k],
                "a process was killed in sb_total, and then account %d holds "
                "%ld instead of %ld: nothing was under way that had to be "
                "undone",
                k, sb_look(bank, k), due[k]);
        if (sb_look(bank, 0) == 0)
            break;
    }
    close_bank();
}
END_TEST

static void moves_or_dies(int arg) {
    rounds = 50;
    moves_around(arg);
    dies_in_transfer(arg);
}

START_TEST(deaths_in_a_crowd) {
    enum { CROWD = 4 };
    open_bank();
    for (int round = 0; round < suite_size(10, 4, 2); round++) {
        pid_t pids[CROWD];
        for (int i = 0; i < CROWD; i++)
            pids[i] = child(moves_or_dies, 10 * round + i);
        for (int i = 0; i < CROWD; i++)
            ended(pids[i]);
        expect_total("after four processes moved money and were killed");
    }
    expect(board->refusals == 0, "sb_transfer gave %d strange results",
           board->refusals);
    close_bank();
}
END_TEST

SUITE(TEST(transfers_and_refusals, "transfers move money, or are refused"),
      TEST(the_step_is_between, "BANK_STEP comes between debit and credit"),
      TEST(freeing_frees_the_mapping, "sb_free gives everything back"),
      TEST(nothing_behind_the_last_account,
           "nothing behind the last account is touched"),
      TEST(nothing_to_be_had, "sb_new returns NULL if the system is short"),
      TEST(children_share_the_bank, "children and parent use one bank"),
      TEST(four_processes_and_an_auditor,
           "four processes move money, and the total never changes"),
      TEST(looked_at_and_taken_as_one,
           "whether there is enough is looked at under the lock"),
      TEST(killed_in_the_middle,
           "a process killed in a transfer leaves the total as it was"),
      TEST(one_death_after_the_other, "whoever recovers may be killed as well"),
      TEST(killed_while_waiting,
           "a process killed while it waits holds nobody up"),
      TEST(killed_while_it_adds,
           "a process killed in sb_total changes nothing"),
      TEST(deaths_in_a_crowd,
           "many processes move money, and some are killed"), )
