// SPDX-License-Identifier: MIT
// How it works: BANK_STEP lands in bank_step_hook(), which counts, looks for
// two transfers on one account, and can hold one transfer between debit and
// credit while the test sends other threads into the bank. So every bad
// interleaving is made, not hoped for. Nothing here orders two threads of the
// answer: flags are relaxed atomics, waiting is done by looking again.
#include "bank_global.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "harness/suite.h"
#include "lib/wb.h"

enum { MAX_ACCOUNTS = 16 };

#define GET(flag) atomic_load_explicit(&(flag), memory_order_relaxed)
#define SET(flag, value)                                                       \
    atomic_store_explicit(&(flag), (value), memory_order_relaxed)
#define ADD(flag, value)                                                       \
    atomic_fetch_add_explicit(&(flag), (value), memory_order_relaxed)

// What must hold at every moment, however the threads take turns.
#define expect_invariant(condition, ...)                                       \
    expect_kind("broken-invariant", condition, __VA_ARGS__)

// --- The hook ---------------------------------------------------------------
// Each test runs in a process of its own, so this starts empty.
static struct {
    atomic_long calls;
    atomic_int last_from, last_to;
    atomic_int inside[MAX_ACCOUNTS]; // transfers in BANK_STEP, by account
    atomic_int hold_from, hold_to;   // the transfer to hold; equal: none
    atomic_bool held;                // it is in BANK_STEP now
    atomic_bool let_go;
    atomic_bool any_account; // there are more than MAX_ACCOUNTS
    atomic_bool look;        // at what RICH and POOR hold, once
    atomic_bool is_debited, is_credited;
} step;

// A bank is its answer's secret, and may not be asked from within BANK_STEP. So
// its balances are looked for in memory: these three numbers are nowhere else.
#define RICH 0x0123456789abcdefL
#define MOVED 0x0011223344556677L
#define POOR 0x0246813579bdf135L

// Whether a long whose bits are the opposite of HIDDEN's lies in memory that
// this process can write, but for the caller's own stack.
static bool is_in_memory(unsigned long hidden) {
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[512], rights[8];
    uintptr_t from, to;
    bool found = false;
    ck_assert_ptr_nonnull(maps);
    while (!found && fgets(line, sizeof line, maps) != NULL) {
        if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) != 3 ||
            strncmp(rights, "rw", 2) != 0 || to - from > 1UL << 26 ||
            (from <= (uintptr_t)&from && (uintptr_t)&from < to))
            continue;
        for (const volatile unsigned long *p = (void *)from;
             !found && (uintptr_t)p < to; p++)
            found = ~*p == hidden;
    }
    fclose(maps);
    return found;
}

static void step_enters(int account) {
    expect_invariant(
        ADD(step.inside[account], 1) == 0,
        "two transfers that both use account %d were in BANK_STEP at "
        "the same time: the second one began while the first stood "
        "between debit and credit",
        account);
}

void bank_step_hook(int from, int to) {
    long calls = ADD(step.calls, 1);
    SET(step.last_from, from);
    SET(step.last_to, to);
    if (GET(step.look)) {
        SET(step.is_debited, is_in_memory(~(RICH - MOVED)));
        SET(step.is_credited, !is_in_memory(~POOR));
    }
    if (GET(step.any_account))
        return;
    expect(from >= 0 && from < MAX_ACCOUNTS && to >= 0 && to < MAX_ACCOUNTS,
           "BANK_STEP was called with accounts %d and %d; the bank has no "
           "such account",
           from, to);
    if (from == to)
        return;
    step_enters(from);
    step_enters(to);
    if (from == GET(step.hold_from) && to == GET(step.hold_to)) {
        SET(step.held, true);
        while (!GET(step.let_go))
            wb_sleep_ms(1);
    } else if (calls % 251 == 0) {
        sched_yield();
    }
    ADD(step.inside[from], -1);
    ADD(step.inside[to], -1);
}

// --- Calls on threads of their own ------------------------------------------
enum operation { TRANSFER, TOTAL, TWO_BALANCES };

struct call {
    bank *bank;
    enum operation operation;
    int from, to; // TWO_BALANCES reads `from`, then `to`
    long amount;
    long result; // of TRANSFER and TOTAL, or the first balance
    long second; // the second balance
    atomic_bool begun;
    atomic_bool returned;
    pthread_t thread;
};

static void *call_main(void *data) {
    struct call *call = data;
    SET(call->begun, true);
    switch (call->operation) {
    case TRANSFER:
        call->result =
            bank_transfer(call->bank, call->from, call->to, call->amount);
        break;
    case TOTAL:
        call->result = bank_total(call->bank);
        break;
    case TWO_BALANCES:
        call->result = bank_balance(call->bank, call->from);
        call->second = bank_balance(call->bank, call->to);
        break;
    }
    SET(call->returned, true);
    return NULL;
}

// Starts CALL. It has begun when this returns, and then had a little time to
// come as far as it can. A right answer never depends on how long that is.
static void call_start(struct call *call) {
    ck_assert_int_eq(pthread_create(&call->thread, NULL, call_main, call), 0);
    while (!GET(call->begun))
        wb_sleep_ms(1);
    for (int i = 0; i < 8 && !GET(call->returned); i++)
        wb_sleep_ms(1);
}

// Starts a transfer and holds it in BANK_STEP.
static void call_start_held(struct call *call) {
    SET(step.hold_from, call->from);
    SET(step.hold_to, call->to);
    ck_assert_int_eq(pthread_create(&call->thread, NULL, call_main, call), 0);
    while (!GET(step.held) && !GET(call->returned))
        wb_sleep_ms(1);
}

static void call_join(struct call *call) {
    ck_assert_int_eq(pthread_join(call->thread, NULL), 0);
}

// --- Helpers ----------------------------------------------------------------
static bank *open_bank(const long *opening, int n) {
    errno = 0;
    bank *b = bank_new(opening, n);
    expect(b != NULL,
           "bank_new returned NULL (errno %d: %s) although nothing ran out",
           errno, strerror(errno));
    return b;
}

static const char *error_name(long value) {
    switch (value) {
    case 0:
        return "0";
    case -EINVAL:
        return "-EINVAL";
    case -ERANGE:
        return "-ERANGE";
    case -ENOSYS:
        return "-ENOSYS: is it still to do?";
    default:
        return "not a value that the contract names";
    }
}

static void expect_transfer(bank *b, int from, int to, long amount, int want) {
    long steps = GET(step.calls);
    int got = bank_transfer(b, from, to, amount);
    expect(got == want,
           "bank_transfer(b, %d, %d, %ld) returned %d (%s), expected %s", from,
           to, amount, got, error_name(got), error_name(want));
    steps = GET(step.calls) - steps;
    expect(steps == (want == 0),
           "bank_transfer(b, %d, %d, %ld), which %s, called BANK_STEP %ld "
           "times, expected %d",
           from, to, amount, want == 0 ? "went through" : "was refused", steps,
           want == 0);
}

static void expect_balance(bank *b, int account, long want, const char *when) {
    long got = bank_balance(b, account);
    expect(got == want, "bank_balance(b, %d) was %ld %s, expected %ld", account,
           got, when, want);
}

static void expect_total(bank *b, long want, const char *when) {
    long got = bank_total(b);
    expect(got == want, "bank_total was %ld %s, expected %ld", got, when, want);
}

// What a refused call keeps locked may not stop the thread that made it.
static void expect_works_for_others(bank *b, int from, int to, long amount,
                                    const char *when) {
    struct call transfer = {b, TRANSFER, .from = from, .to = to,
                            .amount = amount};
    suite_note("Another thread makes a transfer %s.", when);
    ck_assert_int_eq(
        pthread_create(&transfer.thread, NULL, call_main, &transfer), 0);
    call_join(&transfer);
    expect(transfer.result == 0,
           "bank_transfer(b, %d, %d, %ld) returned %ld (%s) to another thread "
           "%s, expected 0",
           from, to, amount, transfer.result, error_name(transfer.result),
           when);
}

// --- One thread -------------------------------------------------------------
START_TEST(opening_balances) {
    long opening[] = {100, 0, 7};
    bank *b = open_bank(opening, 3);
    memset(opening, 0x55, sizeof opening);
    expect_balance(b, 0, 100, "in a new bank");
    expect_balance(b, 1, 0, "in a new bank");
    expect_balance(b, 2, 7, "in a new bank");
    expect_total(b, 107, "in a new bank");
    long other_opening[] = {LONG_MAX};
    bank *other = open_bank(other_opening, 1);
    expect_balance(other, 0, LONG_MAX, "in a second bank");
    expect_total(other, LONG_MAX, "in a second bank");
    bank_free(other);
    expect_total(b, 107, "after a second bank was opened and freed");
    bank_free(b);
}
END_TEST

START_TEST(a_transfer_moves_money) {
    bank *b = open_bank((long[]){100, 50, 0}, 3);
    expect_transfer(b, 0, 1, 30, 0);
    expect(GET(step.last_from) == 0 && GET(step.last_to) == 1,
           "bank_transfer(b, 0, 1, 30) called BANK_STEP(%d, %d), expected "
           "BANK_STEP(0, 1)",
           GET(step.last_from), GET(step.last_to));
    expect_balance(b, 0, 70, "after 30 of 100 were moved out of it");
    expect_balance(b, 1, 80, "after 30 were moved into its 50");
    expect_balance(b, 2, 0, "after a transfer between two others");
    expect_transfer(b, 1, 2, 80, 0);
    expect_balance(b, 1, 0, "after all it held was moved out of it");
    expect_balance(b, 2, 80, "after 80 were moved into its 0");
    expect_total(b, 150, "after two transfers");
    bank_free(b);
}
END_TEST

START_TEST(step_is_in_the_middle) {
    long opening[] = {RICH, POOR};
    bank *b = open_bank(opening, 2);
    for (int i = 0; i < 2; i++)
        ((volatile long *)opening)[i] = 0;
    // Who keeps balances in another form cannot be looked at like this.
    SET(step.look, is_in_memory(~RICH) && is_in_memory(~POOR));
    SET(step.is_debited, !GET(step.look));
    expect_transfer(b, 0, 1, MOVED, 0);
    SET(step.look, false);
    expect(GET(step.is_debited),
           "when bank_transfer called BANK_STEP, it had not yet taken the "
           "amount out of FROM: no balance in memory was less by it");
    expect(!GET(step.is_credited),
           "when bank_transfer called BANK_STEP, it had already added the "
           "amount to TO: its old balance was nowhere in memory");
    bank_free(b);
}
END_TEST

START_TEST(a_poor_account_is_refused) {
    bank *b = open_bank((long[]){100, 50}, 2);
    expect_transfer(b, 0, 1, 101, -ERANGE);
    // An answer that kept its lock on that path stops for ever here.
    expect_transfer(b, 0, 1, LONG_MAX, -ERANGE);
    expect_balance(b, 0, 100, "after two refused transfers");
    expect_balance(b, 1, 50, "after two refused transfers");
    expect_transfer(b, 0, 1, 100, 0);
    expect_transfer(b, 0, 1, 1, -ERANGE);
    expect_works_for_others(b, 1, 0, 1, "after one that returned -ERANGE");
    expect_total(b, 150, "after refused and good transfers");
    bank_free(b);
}
END_TEST

START_TEST(nonsense_is_refused) {
    static const struct {
        int from, to;
        long amount;
    } bad[] = {
        {-1, 1, 5},       {2, 1, 5},       {0, -1, 5},   {0, 2, 5},
        {INT_MIN, 0, 5},  {0, INT_MAX, 5}, {0, 1, 0},    {0, 1, -5},
        {0, 1, LONG_MIN}, {0, 0, 5},       {1, 1, 1000}, {0, 2, 1000},
        {-1, -1, 5},
    };
    bank *b = open_bank((long[]){100, 50}, 2);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        expect_transfer(b, bad[i].from, bad[i].to, bad[i].amount, -EINVAL);
    expect_works_for_others(b, 0, 1, 1, "after some that returned -EINVAL");
    expect_transfer(b, 1, 0, 1, 0);
    static const int no_account[] = {-1, 2, INT_MIN, INT_MAX};
    for (size_t i = 0; i < sizeof no_account / sizeof no_account[0]; i++)
        expect_balance(b, no_account[i], -1, "(there is no such account)");
    expect_works_for_others(b, 0, 1, 1, "after bank_balance had returned -1");
    expect_transfer(b, 1, 0, 1, 0);
    expect_balance(b, 0, 100, "after transfers that make no sense");
    expect_balance(b, 1, 50, "after transfers that make no sense");
    expect_transfer(b, 1, 0, 50, 0);
    expect_total(b, 150, "after transfers that make no sense");
    bank_free(b);
}
END_TEST

START_TEST(any_size) {
    enum { MANY = 1000 };
    long opening[MANY];
    for (int i = 0; i < MANY; i++)
        opening[i] = i;
    bank *b = open_bank(opening, MANY);
    SET(step.any_account, true);
    expect_balance(b, MANY - 1, MANY - 1, "in a bank with 1000 accounts");
    expect_total(b, MANY * (MANY - 1L) / 2, "in a bank with 1000 accounts");
    expect_transfer(b, MANY - 1, 500, MANY - 1, 0);
    expect_balance(b, 500, 500 + MANY - 1, "after 999 were moved into it");
    expect_transfer(b, MANY, 0, 1, -EINVAL);
    expect_works_for_others(b, 1, 2, 1, "after one that was refused");
    bank_free(b);
    bank *one = open_bank((long[]){7}, 1);
    expect_transfer(one, 0, 0, 1, -EINVAL);
    expect_transfer(one, 0, 1, 1, -EINVAL);
    expect_total(one, 7, "in a bank with one account");
    bank_free(one);
}
END_TEST

START_TEST(any_amount) {
    bank *b = open_bank((long[]){LONG_MAX, 0}, 2);
    expect_transfer(b, 0, 1, LONG_MAX, 0);
    expect_balance(b, 1, LONG_MAX, "after all the money there can be came in");
    expect_transfer(b, 1, 0, 1L << 32, 0);
    expect_balance(b, 0, 1L << 32, "after 4294967296 were moved into it");
    expect_transfer(b, 0, 1, (1L << 32) + 1, -ERANGE);
    expect_works_for_others(b, 0, 1, 1L << 31, "after one that was refused");
    expect_total(b, LONG_MAX, "after transfers of large amounts");
    bank_free(b);
}
END_TEST

// An answer that does without what could not be had is left alone, and what it
// returned is kept: who is to say that it works, or that it can be freed?
START_TEST(something_else_runs_out) {
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
        bank *b = bank_new((long[]){1, 2}, 2);
        int error = errno;
        bool failed = wb_failed(short_of[i].call);
        wb_fail_call(short_of[i].call, 0);
        static bank *volatile kept[sizeof short_of / sizeof short_of[0]];
        if (b != NULL && failed)
            kept[i] = b;
        else if (b != NULL)
            bank_free(b);
        else
            expect(error != 0,
                   "bank_new returned NULL when %s had failed, but left errno "
                   "at 0",
                   short_of[i].name);
    }
}
END_TEST

START_TEST(out_of_memory) {
    static const long opening[] = {1, 2, 3};
    for (int k = 1; k < 50; k++) {
        wb_fail_call(WB_MALLOC, k);
        errno = 0;
        bank *b = bank_new(opening, 3);
        int error = errno;
        bool failed = wb_failed(WB_MALLOC);
        wb_fail_call(WB_MALLOC, 0);
        if (b != NULL) {
            expect_total(b, 6, "in a new bank");
            bank_free(b);
        } else {
            expect(failed, "bank_new returned NULL although nothing ran out");
            expect(error == ENOMEM,
                   "bank_new returned NULL when its allocation number %d "
                   "failed, but left errno at %d instead of ENOMEM",
                   k, error);
        }
        if (!failed)
            break;
    }
}
END_TEST

// --- One transfer held in BANK_STEP -----------------------------------------
START_TEST(total_during_a_transfer) {
    bank *b = open_bank((long[]){100, 50, 7}, 3);
    struct call transfer = {b, TRANSFER, .from = 0, .to = 1, .amount = 30};
    struct call total = {.bank = b, .operation = TOTAL};
    call_start_held(&transfer);
    call_start(&total);
    SET(step.let_go, true);
    call_join(&transfer);
    call_join(&total);
    expect(transfer.result == 0,
           "bank_transfer(b, 0, 1, 30) returned %ld (%s), expected 0",
           transfer.result, error_name(transfer.result));
    expect_invariant(
        total.result == 157,
        "bank_total returned %ld while another thread's transfer of 30 "
        "stood between debit and credit; the bank holds 157",
        total.result);
    expect_total(b, 157, "after the transfer");
    bank_free(b);
}
END_TEST

// Two balances read one after the other: if the first shows the debit, the
// transfer has happened, and the second must show the credit.
START_TEST(balances_during_a_transfer) {
    bank *b = open_bank((long[]){100, 50}, 2);
    struct call transfer = {b, TRANSFER, .from = 0, .to = 1, .amount = 30};
    struct call look = {b, TWO_BALANCES, .from = 0, .to = 1};
    call_start_held(&transfer);
    call_start(&look);
    SET(step.let_go, true);
    call_join(&transfer);
    call_join(&look);
    bool known = (look.result == 100 || look.result == 70) &&
                 (look.second == 50 || look.second == 80);
    expect_invariant(
        known && !(look.result == 70 && look.second == 50),
        "during a transfer of 30 from account 0 (100) to account 1 (50), "
        "another thread read bank_balance(b, 0) = %ld and after that "
        "bank_balance(b, 1) = %ld: 30 were on no account",
        look.result, look.second);
    bank_free(b);
}
END_TEST

START_TEST(one_account_one_transfer) {
    bank *b = open_bank((long[]){100, 50, 25}, 3);
    struct call first = {b, TRANSFER, .from = 0, .to = 1, .amount = 30};
    struct call out = {b, TRANSFER, .from = 1, .to = 2, .amount = 5};
    struct call back = {b, TRANSFER, .from = 1, .to = 0, .amount = 7};
    call_start_held(&first);
    call_start(&out);
    call_start(&back);
    SET(step.let_go, true);
    call_join(&first);
    call_join(&out);
    call_join(&back);
    expect_balance(b, 0, 77, "after -30 and +7 on 100, by two threads");
    expect_balance(b, 1, 68, "after +30, -5 and -7 on 50, by three threads");
    expect_balance(b, 2, 30, "after +5 on 25");
    bank_free(b);
}
END_TEST

// Two threads come for the same money while a third holds them both up. Who
// looks at the balance before it is their turn sees enough for each.
// Each of these makes its first call when a transfer is over. Nothing but the
// answer's own lock, taken before it looks, orders the two.
static void *comes_late(void *data) {
    struct call *call = data;
    while (GET(step.calls) == 0 || GET(step.inside[0]) > 0)
        wb_sleep_ms(1);
    wb_sleep_ms(2);
    return call_main(call);
}

START_TEST(seen_afterwards) {
    bank *b = open_bank((long[]){100, 50, 0}, 3);
    struct call late[] = {
        {.bank = b, .operation = TOTAL},
        {.bank = b, .operation = TWO_BALANCES, .from = 0, .to = 1},
        {.bank = b, .operation = TWO_BALANCES, .from = 1, .to = 0},
        {b, TRANSFER, .from = 0, .to = 2, .amount = 71},
        {b, TRANSFER, .from = 1, .to = 2, .amount = 1},
    };
    enum { LATE = sizeof late / sizeof late[0] };
    for (int i = 0; i < LATE; i++)
        ck_assert_int_eq(
            pthread_create(&late[i].thread, NULL, comes_late, &late[i]), 0);
    struct call first = {b, TRANSFER, .from = 0, .to = 1, .amount = 30};
    ck_assert_int_eq(pthread_create(&first.thread, NULL, call_main, &first), 0);
    for (int i = 0; i < LATE; i++)
        call_join(&late[i]);
    call_join(&first);
    expect_invariant(late[0].result == 150,
                     "bank_total returned %ld after a transfer of another "
                     "thread; the bank holds 150",
                     late[0].result);
    expect(late[3].result == -ERANGE,
           "bank_transfer(b, 0, 2, 71) returned %ld (%s) with 70 in account 0, "
           "expected -ERANGE",
           late[3].result, error_name(late[3].result));
    expect_balance(b, 0, 70, "after a transfer of 30 out of it");
    bank_free(b);
}
END_TEST

START_TEST(no_overdraft) {
    bank *b = open_bank((long[]){110, 0, 0, 0}, 4);
    struct call held = {b, TRANSFER, .from = 0, .to = 3, .amount = 10};
    struct call one = {b, TRANSFER, .from = 0, .to = 1, .amount = 60};
    struct call two = {b, TRANSFER, .from = 0, .to = 2, .amount = 60};
    call_start_held(&held);
    call_start(&one);
    call_start(&two);
    SET(step.let_go, true);
    call_join(&held);
    call_join(&one);
    call_join(&two);
    long left = bank_balance(b, 0);
    expect_invariant(
        left == 40,
        "account 0 held 100; two threads took 60 each at the same time "
        "and got %ld (%s) and %ld (%s). Now it holds %ld, expected 40",
        one.result, error_name(one.result), two.result, error_name(two.result),
        left);
    expect((one.result == 0 && two.result == -ERANGE) ||
               (two.result == 0 && one.result == -ERANGE),
           "two transfers of 60 out of an account with 100 returned %ld and "
           "%ld, expected 0 for one and -ERANGE for the other",
           one.result, two.result);
    bank_free(b);
}
END_TEST

// --- Many threads -----------------------------------------------------------
enum { WORKERS = 5, AUDITORS = 2, ACCOUNTS = 8 };

struct crowd {
    bank *bank;
    wb_gauge *start; // nobody begins before all are there
    int transfers;   // of each worker
    long total;
    atomic_int busy; // workers not yet done
};

struct worker {
    struct crowd *crowd;
    unsigned long seed;
    long change[ACCOUNTS]; // what its own transfers did
    long done;
    pthread_t thread;
};

static void *worker_main(void *data) {
    struct worker *worker = data;
    struct crowd *crowd = worker->crowd;
    wb_gauge_enter(crowd->start);
    for (int i = 0; i < crowd->transfers; i++) {
        unsigned long dice = suite_random(&worker->seed);
        int from = (int)(dice % ACCOUNTS);
        int to = (int)((from + 1 + dice / 16 % (ACCOUNTS - 1)) % ACCOUNTS);
        long amount = (long)(1 + dice / 256 % 6);
        int result = bank_transfer(crowd->bank, from, to, amount);
        expect(result == 0 || result == -ERANGE,
               "bank_transfer(b, %d, %d, %ld) returned %d (%s), expected 0 "
               "or -ERANGE",
               from, to, amount, result, error_name(result));
        if (result != 0)
            continue;
        worker->done++;
        worker->change[from] -= amount;
        worker->change[to] += amount;
    }
    wb_gauge_leave(crowd->start);
    ADD(crowd->busy, -1);
    return NULL;
}

// The auditor looks a bounded number of times: an answer may prefer readers.
static void *auditor_main(void *data) {
    struct crowd *crowd = data;
    wb_gauge_enter(crowd->start);
    for (int i = 0; i < crowd->transfers && GET(crowd->busy) > 0; i++) {
        long total = bank_total(crowd->bank);
        expect_invariant(total == crowd->total,
                         "bank_total returned %ld while other threads moved "
                         "money; the bank holds %ld",
                         total, crowd->total);
        long balance = bank_balance(crowd->bank, i % ACCOUNTS);
        expect_invariant(
            balance >= 0 && balance <= crowd->total,
            "bank_balance(b, %d) was %ld while other threads moved "
            "money: an account is overdrawn",
            i % ACCOUNTS, balance);
        sched_yield();
    }
    wb_gauge_leave(crowd->start);
    return NULL;
}

static void expect_crowd_result(struct crowd *crowd, struct worker *workers,
                                const long *opening) {
    long done = 0;
    for (int i = 0; i < WORKERS; i++)
        done += workers[i].done;
    for (int a = 0; a < ACCOUNTS; a++) {
        long want = opening[a];
        for (int i = 0; i < WORKERS; i++)
            want += workers[i].change[a];
        long got = bank_balance(crowd->bank, a);
        expect(got == want,
               "account %d holds %ld after %d threads made %ld transfers; "
               "what they moved leaves %ld: an update was lost",
               a, got, WORKERS, done, want);
    }
    expect_total(crowd->bank, crowd->total, "after all transfers");
    expect(GET(step.calls) == done,
           "BANK_STEP was called %ld times in %ld transfers that went through",
           GET(step.calls), done);
}

START_TEST(many_threads) {
    static const long opening[ACCOUNTS] = {9, 3, 0, 12, 5, 1, 8, 4};
    struct crowd crowd = {
        .bank = open_bank(opening, ACCOUNTS),
        .start = wb_gauge_new(WORKERS + AUDITORS),
        .transfers = suite_size(2000, 400, 60),
        .total = 42,
        .busy = WORKERS,
    };
    struct worker workers[WORKERS] = {0};
    pthread_t auditors[AUDITORS];
    for (int i = 0; i < WORKERS; i++) {
        workers[i].crowd = &crowd;
        workers[i].seed = (unsigned long)i + 1;
        ck_assert_int_eq(
            pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]),
            0);
    }
    for (int i = 0; i < AUDITORS; i++)
        ck_assert_int_eq(
            pthread_create(&auditors[i], NULL, auditor_main, &crowd), 0);
    for (int i = 0; i < WORKERS; i++)
        ck_assert_int_eq(pthread_join(workers[i].thread, NULL), 0);
    for (int i = 0; i < AUDITORS; i++)
        ck_assert_int_eq(pthread_join(auditors[i], NULL), 0);
    expect_crowd_result(&crowd, workers, opening);
    wb_gauge_free(crowd.start);
    bank_free(crowd.bank);
}
END_TEST

SUITE(TEST(opening_balances, "a new bank holds its opening balances"),
      TEST(a_transfer_moves_money,
           "a transfer takes from one account, calls BANK_STEP, adds to the "
           "other"),
      TEST(step_is_in_the_middle,
           "BANK_STEP is called after the debit and before the credit",
           .stages = IN_TESTS),
      TEST(a_poor_account_is_refused,
           "a transfer of more than there is returns -ERANGE, and the bank "
           "works on"),
      TEST(nonsense_is_refused,
           "a transfer that makes no sense returns -EINVAL, and the bank works "
           "on"),
      TEST(any_size, "a bank has as many accounts as it is made with",
           .stages = IN_TESTS | IN_MEMORY),
      TEST(any_amount, "a transfer moves any amount that there is"),
      TEST(something_else_runs_out,
           "bank_new gives everything back if a lock cannot be had",
           .stages = IN_TESTS | IN_MEMORY, .allow_threads_left = true),
      TEST(out_of_memory, "bank_new survives a failed allocation",
           .stages = IN_TESTS | IN_MEMORY),
      TEST(total_during_a_transfer,
           "the total stays the same while another thread is between debit and "
           "credit",
           .stages = IN_TESTS | IN_RACES),
      TEST(balances_during_a_transfer,
           "two balances read in the middle of a transfer fit together",
           .stages = IN_TESTS | IN_RACES),
      TEST(one_account_one_transfer,
           "an account takes part in one transfer at a time",
           .stages = IN_TESTS | IN_RACES),
      TEST(no_overdraft,
           "two threads that come for the same money do not both get it",
           .stages = IN_TESTS | IN_RACES),
      TEST(seen_afterwards,
           "threads that come after a transfer see what it has done"),
      TEST(many_threads,
           "five threads and two auditors: no update is lost, the total never "
           "changes"), )

// --- Chosen schedules -------------------------------------------------------
static struct {
    bank *b;
    int moved[3];
    long saw;
} scene;

static void with_thread(void *(*other)(void *), void (*self)(void)) {
    pthread_t thread;
    pthread_create(&thread, NULL, other, NULL);
    self();
    pthread_join(thread, NULL);
}

static void *other_moves_60(void *unused) {
    (void)unused;
    scene.moved[1] = bank_transfer(scene.b, 0, 1, 60);
    return NULL;
}

static void look_at_total(void) {
    scene.saw = bank_total(scene.b);
}

SCENARIO(transfer_and_total) {
    scene.b = bank_new((long[]){100, 50}, 2);
    with_thread(other_moves_60, look_at_total);
    expect(scene.saw == 150,
           "bank_total returned %ld while another thread moved 60; the bank "
           "holds 150",
           scene.saw);
    expect(scene.moved[1] == 0,
           "bank_transfer(b, 0, 1, 60) returned %d with 100 in account 0",
           scene.moved[1]);
    bank_free(scene.b);
}

static void move_60(void) {
    scene.moved[0] = bank_transfer(scene.b, 0, 1, 60);
}

SCENARIO(same_money_twice) {
    scene.b = bank_new((long[]){100, 50}, 2);
    with_thread(other_moves_60, move_60);
    long from = bank_balance(scene.b, 0), to = bank_balance(scene.b, 1);
    expect(from == 40 && to == 110,
           "two threads took 60 each out of an account with 100 and got %d "
           "and %d; now it holds %ld and the other one %ld, expected 40 and "
           "110",
           scene.moved[0], scene.moved[1], from, to);
    expect_kind(
        "wrong-result", scene.moved[0] + scene.moved[1] == -ERANGE,
        "two transfers of 60 out of an account with 100 returned %d and "
        "%d, expected 0 for one and -ERANGE for the other",
        scene.moved[0], scene.moved[1]);
    bank_free(scene.b);
}

static void move_back(void) {
    scene.moved[0] = bank_transfer(scene.b, 1, 0, 20);
    scene.saw = bank_total(scene.b);
}

SCENARIO(opposite_transfers) {
    scene.b = bank_new((long[]){100, 50}, 2);
    with_thread(other_moves_60, move_back);
    long from = bank_balance(scene.b, 0), to = bank_balance(scene.b, 1);
    expect(from == 60 && to == 90 && scene.saw == 150,
           "60 went from 100 to 50 and 20 back, at the same time; the "
           "accounts hold %ld and %ld, and bank_total was %ld: expected 60, "
           "90 and 150",
           from, to, scene.saw);
    bank_free(scene.b);
}

SCENARIOS({transfer_and_total, "the total never misses what is on its way",
           NULL},
          {same_money_twice, "the same money is not spent twice", NULL},
          {opposite_transfers,
           "two transfers between the same accounts lose nothing", NULL}, )
