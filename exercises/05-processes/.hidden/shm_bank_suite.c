// SPDX-License-Identifier: MIT
// Tests of shm_bank. Children tell what they saw by a board in shared memory,
// or by how they end; they assert nothing themselves.
#include "shm_bank.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
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

static void expect_refused_of(int n, int from, int to, long amount, int error) {
    long before[ACCOUNTS];
    int steps = board->steps;
    for (int i = 0; i < n; i++)
        before[i] = sb_look(bank, i);
    int rc = sb_transfer(bank, from, to, amount);
    expect(rc == error, "sb_transfer(b, %d, %d, %ld) returned %d instead of %d",
           from, to, amount, rc, error);
    expect(board->steps == steps,
           "sb_transfer called BANK_STEP for a transfer that it refused");
    for (int i = 0; i < n; i++)
        expect(sb_look(bank, i) == before[i],
               "a refused transfer changed account %d", i);
}

static void expect_refused(int from, int to, long amount, int error) {
    expect_refused_of(ACCOUNTS, from, to, amount, error);
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

// More than an int holds.
START_TEST(large_amounts) {
    static const long opening[3] = {LONG_MAX - 5, 2, 3};
    open_bank();
    sb_free(bank);
    bank = sb_new(opening, 3);
    expect(bank != NULL, "sb_new returned NULL");
    for (int i = 0; i < 2; i++) {
        long total = sb_total(bank);
        expect(total == LONG_MAX, "sb_total of %ld, 2 and 3 gave %ld",
               opening[0], total);
        expect_transfer(2 * i, 2 - 2 * i, opening[0], "");
    }
    for (int i = 0; i < 3; i++)
        expect(sb_look(bank, i) == opening[i],
               "%ld were moved there and back; account %d holds %ld instead of "
               "%ld",
               opening[0], i, sb_look(bank, i), opening[i]);
    close_bank();
    open_bank();
    sb_free(bank);
    bank = sb_new(opening + 1, 1);
    expect(bank != NULL, "sb_new of one account returned NULL");
    expect(sb_total(bank) == 2, "sb_total of one account with 2 gave %ld",
           sb_total(bank));
    expect_refused_of(1, 0, 0, 1, -EINVAL);
    expect_refused_of(1, 0, 1, 1, -EINVAL);
    close_bank();
}
END_TEST

START_TEST(two_banks) {
    static const long opening[5] = {10, 20, 30, 40, 50};
    open_bank();
    shm_bank *first = bank, *second = sb_new(opening + 3, 2);
    expect(second != NULL, "a second sb_new returned NULL");
    expect_transfer(4, 3, 500, "in the first of two banks");
    bank = second;
    expect_transfer(0, 1, 40, "in the second of two banks");
    expect_refused_of(2, 1, 4, 1, -EINVAL);
    expect(sb_total(first) == SUM && sb_total(second) == 90,
           "two banks hold %d and 90; sb_total gave %ld and %ld", SUM,
           sb_total(first), sb_total(second));
    sb_free(first);
    expect(sb_look(second, 1) == 90,
           "after sb_free of another bank, an account with 90 holds %ld",
           sb_look(second, 1));
    sb_free(second);
}
END_TEST

// What the process has before and after.
struct possessions {
    int mappings, fds, children;
};

static struct possessions possessions(void) {
    return (struct possessions){wb_shared_mappings(), wb_open_fds(),
                                wb_children()};
}

static void expect_possessions(struct possessions before, const char *after) {
    struct possessions now = possessions();
    expect_kind("memory-leak", now.mappings <= before.mappings,
                "%d mappings of shared memory are left after %s",
                now.mappings - before.mappings, after);
    expect_kind("fd-leak", now.fds == before.fds,
                "%d descriptors are left after %s", now.fds - before.fds,
                after);
    expect_kind("child-leak", now.children == before.children,
                "%d processes are left after %s",
                now.children - before.children, after);
}

START_TEST(freeing_frees_everything) {
    static const long opening[5000] = {1, 2};
    struct possessions before = possessions();
    for (int i = 0; i < 3; i++)
        sb_free(sb_new(opening, i == 0 ? 2 : 5000));
    expect_possessions(before, "sb_free");
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
            struct possessions before = possessions();
            wb_fail_call(calls[c], k);
            errno = 0;
            shm_bank *b = sb_new(opening, 2);
            int error = errno;
            bool failed = wb_failed(calls[c]);
            wb_fail_call(calls[c], 0);
            expect((b == NULL) == failed, "sb_new returned %s although %s",
                   b == NULL ? "NULL" : "a bank",
                   failed ? "the system was short of what it asked for"
                          : "nothing failed");
            expect(b != NULL || error != 0,
                   "sb_new returned NULL, and errno is 0");
            sb_free(b);
            expect_possessions(before,
                               b == NULL ? "sb_new returned NULL" : "sb_free");
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

// --- Death at any moment -----------------------------------------------------
// A child is led through its work step by step. Between two changes of the
// shared memory one moment is like another, so it is killed after the first of
// them, then after the second, and so on, until it gets to its end. (In the
// memory stage alone: there the compiler keeps the order of the stores.)

enum { REGIONS = 4, REGION = 4096, MOST_STEPS = 200000 };

static struct region {
    uintptr_t at;
    char copy[REGION];
} regions[REGIONS];
static int region_count;

// The shared memory that this process has: its beginnings, at most COUNT.
static int shared_memory(uintptr_t *at, int count) {
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[512], rights[8];
    int found = 0;
    while (maps != NULL && found < count &&
           fgets(line, sizeof line, maps) != NULL)
        found += sscanf(line, "%lx-%*x %7s", &at[found], rights) == 2 &&
                 strcmp(rights, "rw-s") == 0;
    if (maps != NULL)
        fclose(maps);
    return found;
}

// The bank, and where it lies: what is there after sb_new and not before.
static void open_watched_bank(void) {
    enum { MOST = 64 };
    static const long opening[ACCOUNTS] = {EACH, EACH, EACH, EACH, EACH};
    uintptr_t before[MOST], now[MOST];
    open_bank();
    sb_free(bank);
    int old = shared_memory(before, MOST);
    bank = sb_new(opening, ACCOUNTS);
    expect(bank != NULL, "sb_new returned NULL");
    int count = shared_memory(now, MOST);
    region_count = 0;
    for (int i = 0; i < count && region_count < REGIONS; i++) {
        bool is_new = true;
        for (int k = 0; k < old; k++)
            is_new &= before[k] != now[i];
        if (is_new)
            regions[region_count++].at = now[i];
    }
}

// Whether the bank's memory has changed since the last look.
static bool bank_changed(void) {
    bool changed = false;
    for (int i = 0; i < region_count; i++) {
        if (memcmp(regions[i].copy, (void *)regions[i].at, REGION) == 0)
            continue;
        memcpy(regions[i].copy, (void *)regions[i].at, REGION);
        changed = true;
    }
    return changed;
}

// Kills a child in BODY(ARG) right after the CHANGES-th change of the bank.
// False if it came to its end before.
static bool kill_after(int changes, void (*body)(int), int arg) {
    int status = 0, seen = 0;
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
            _exit(1);
        raise(SIGSTOP);
        body(arg);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    (void)bank_changed();
    for (int i = 0; i < MOST_STEPS && WIFSTOPPED(status); i++) {
        seen += bank_changed();
        if (seen == changes) {
            kill(pid, SIGKILL);
            waitpid(pid, &status, 0);
            return true;
        }
        if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) != 0)
            break;
        waitpid(pid, &status, 0);
    }
    if (WIFSTOPPED(status)) {
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
    }
    return false;
}

enum { MOST_CHANGES = 60 };

static void balances(long *balance) {
    for (int i = 0; i < ACCOUNTS; i++)
        balance[i] = sb_look(bank, i);
}

enum { FROM = 1, TO = 2, AMOUNT = 12, OTHER = 3, LAST = 4 };

static void moves(int arg) {
    (void)arg;
    sb_transfer(bank, FROM, TO, AMOUNT);
}

static void dies_moving(int arg) {
    dies_in_step = true;
    moves(arg);
}

static void dies_elsewhere(int arg) {
    (void)arg;
    dies_in_step = true;
    sb_transfer(bank, LAST, OTHER, 30);
}

// A bank in which something has happened already, a death and a recovery as
// well: always the same.
static void open_used_bank(long *balance) {
    open_watched_bank();
    expect_transfer(OTHER, LAST, 7, "");
    expect_transfer(TO, FROM, 5, "");
    expect_died(child(dies_elsewhere, 0));
    expect_total("after a process was killed in BANK_STEP");
    balances(balance);
}

// After the deaths of whoever was in moves().
static void expect_undone_or_complete(const long *before, const char *story) {
    long at_death[ACCOUNTS], after[ACCOUNTS];
    balances(at_death);
    long total = sb_total(bank);
    balances(after);
    int moved = after[FROM] != before[FROM] ? AMOUNT : 0;
    expect(after[FROM] == before[FROM] - moved &&
               after[TO] == before[TO] + moved && total == SUM,
           "%d were to be moved from an account with %ld to one with %ld. %s, "
           "when they held %ld and %ld. After the next sb_total they hold %ld "
           "and %ld, and it returned %ld, not %d: the transfer is neither "
           "undone nor complete",
           AMOUNT, before[FROM], before[TO], story, at_death[FROM],
           at_death[TO], after[FROM], after[TO], total, SUM);
    for (int i = 0; i < ACCOUNTS; i++)
        expect(i == FROM || i == TO || after[i] == before[i],
               "%s, and account %d, which it had nothing to do with, holds %ld "
               "instead of %ld",
               story, i, after[i], before[i]);
    expect_transfer(LAST, FROM, 1, "after that");
}

START_TEST(killed_at_any_moment) {
    long before[ACCOUNTS];
    bool killed = true;
    suite_note("Processes are killed between any two changes of the memory: "
               "what is under way has to be written down before the first "
               "account changes, and crossed out after the last.");
    for (int k = 1; k <= MOST_CHANGES && killed; k++) {
        open_used_bank(before);
        killed = kill_after(k, moves, 0);
        expect_undone_or_complete(before,
                                  "A process was killed in sb_transfer");
        close_bank();
    }
}
END_TEST

START_TEST(killed_while_it_recovers) {
    long before[ACCOUNTS];
    bool killed = true;
    suite_note("A process is killed in BANK_STEP, and the one that recovers is "
               "killed as well, between any two changes of the memory: "
               "recovering twice has to do the same as once.");
    for (int k = 1; k <= MOST_CHANGES && killed; k++) {
        open_used_bank(before);
        expect_died(child(dies_moving, 0));
        killed = kill_after(k, just_adds, 0);
        expect_undone_or_complete(before,
                                  "A process was killed in BANK_STEP, and the "
                                  "next one while it recovered, in sb_total");
        close_bank();
    }
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
      TEST(large_amounts, "amounts may be as large as a long"),
      TEST(two_banks, "there may be several banks"),
      TEST(freeing_frees_everything, "sb_free gives everything back"),
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
      TEST(killed_at_any_moment,
           "a process may be killed at any moment of a transfer",
           .stages = IN_MEMORY),
      TEST(killed_while_it_recovers,
           "whoever recovers may be killed at any moment of it",
           .stages = IN_MEMORY),
      TEST(deaths_in_a_crowd,
           "many processes move money, and some are killed"), )
