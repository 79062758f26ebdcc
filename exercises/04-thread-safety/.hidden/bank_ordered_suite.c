// SPDX-License-Identifier: MIT
// How it works: BANK_STEP lands in bank_step_hook(), which counts, looks for
// two transfers on one account, and can hold one transfer between debit and
// credit, with everything that it has locked.
//
// That is how a deadlock is made instead of hoped for. A transfer x -> y is
// held. Then call C is started, whose first lock in a wrong order is x: it
// waits, holding nothing. Then call B, which locks a first and then wants x
// too: it waits behind C, holding a. When the held transfer goes, C is first in
// line for x, gets it, wants a, and has B waiting for it. With any one order
// for all threads this cannot come about, however the calls are started.
//
// Nothing here orders two threads of the answer: flags are relaxed atomics,
// waiting is done by looking again.
#define _GNU_SOURCE
#include "bank_ordered.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "harness/suite.h"
#include "lib/wb.h"

#define GET(flag) atomic_load_explicit(&(flag), memory_order_relaxed)
#define SET(flag, value)                                                       \
    atomic_store_explicit(&(flag), (value), memory_order_relaxed)
#define ADD(flag, value)                                                       \
    atomic_fetch_add_explicit(&(flag), (value), memory_order_relaxed)

// --- The accounts -----------------------------------------------------------
// Each test runs in a process of its own, so everything starts empty. Addresses
// rise with the index.
enum { ACCOUNTS = 6 };
static struct account account[ACCOUNTS];
static struct account *everybody[ACCOUNTS];

static void init_at(struct account *a, int id, long opening) {
    memset(a, 0x5a, sizeof *a);
    int error = acct_init(a, id, opening);
    expect(error == 0, "acct_init(a, %d, %ld) returned %d (%s), expected 0", id,
           opening, error, strerror(error < 0 ? -error : error));
}

static void init(int i, int id, long opening) {
    init_at(&account[i], id, opening);
    everybody[i] = &account[i];
}

// Accounts whose ids rise with their addresses, or fall.
static void init_all(const long *opening, bool rising) {
    for (int i = 0; i < ACCOUNTS; i++)
        init(i, rising ? 10 * i - 5 : 100 - 10 * i, opening[i]);
}

static void destroy_all(void) {
    for (int i = 0; i < ACCOUNTS; i++) {
        int error = acct_destroy(&account[i]);
        expect(error == 0,
               "acct_destroy returned %d (%s) on an account that nobody uses "
               "any more, expected 0",
               error, strerror(error < 0 ? -error : error));
    }
}

// What must hold at every moment, however the threads take turns.
#define expect_invariant(condition, ...)                                       \
    expect_kind("broken-invariant", condition, __VA_ARGS__)

// --- The hook ---------------------------------------------------------------
static struct {
    atomic_long calls;
    struct account *_Atomic last_from, *_Atomic last_to;
    atomic_long from_saw, to_saw;      // balances in BANK_STEP, if look
    bool look;                         // only while no other call is running
    atomic_int inside[ACCOUNTS];       // transfers in BANK_STEP, by account
    struct account *_Atomic hold_from; // the transfer to hold, NULL: none
    struct account *_Atomic hold_to;
    atomic_bool held; // it is in BANK_STEP now
    atomic_bool let_go;
    wb_gauge *meet; // everybody meets in BANK_STEP, NULL: nobody does
    bool anywhere;  // the accounts are not those of account[]
} step;

// The account's index; fails the test if it is none of ours.
static int index_of(struct account *a) {
    for (int i = 0; i < ACCOUNTS; i++)
        if (a == &account[i])
            return i;
    expect(false,
           "BANK_STEP was called with %p, which is no account that "
           "xfer was given",
           (void *)a);
    return -1;
}

static void step_waits(struct account *from, struct account *to, long calls) {
    if (step.meet != NULL) {
        wb_gauge_enter(step.meet);
        wb_gauge_leave(step.meet);
    } else if (from == GET(step.hold_from) && to == GET(step.hold_to)) {
        SET(step.held, true);
        while (!GET(step.let_go))
            wb_sleep_ms(1);
    } else if (calls % 251 == 0) {
        sched_yield();
    }
}

static void step_enters(int i) {
    expect_invariant(
        ADD(step.inside[i], 1) == 0,
        "two transfers that both use the account with id %d were in "
        "BANK_STEP at the same time: the second one began while the "
        "first stood between debit and credit",
        account[i].id);
}

void bank_step_hook(struct account *from, struct account *to) {
    long calls = ADD(step.calls, 1);
    if (step.anywhere) {
        step_waits(from, to, calls);
        return;
    }
    int f = index_of(from);
    int t = index_of(to);
    SET(step.last_from, from);
    SET(step.last_to, to);
    if (step.look) {
        SET(step.from_saw, from->balance);
        SET(step.to_saw, to->balance);
    }
    if (from == to)
        return;
    step_enters(f);
    step_enters(t);
    step_waits(from, to, calls);
    ADD(step.inside[f], -1);
    ADD(step.inside[t], -1);
}

// --- Calls on threads of their own ------------------------------------------
struct call {
    struct account *from, *to; // a transfer, or
    long amount;
    struct account *list[ACCOUNTS]; // an audit of the first n of these
    int n;
    long result;
    atomic_bool begun;
    atomic_bool returned;
    pthread_t thread;
};

static void *call_main(void *data) {
    struct call *call = data;
    SET(call->begun, true);
    call->result = call->n > 0 ? audit(call->list, call->n)
                               : xfer(call->from, call->to, call->amount);
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
    SET(step.let_go, false);
    SET(step.held, false);
    SET(step.hold_from, call->from);
    SET(step.hold_to, call->to);
    ck_assert_int_eq(pthread_create(&call->thread, NULL, call_main, call), 0);
    while (!GET(step.held) && !GET(call->returned))
        wb_sleep_ms(1);
}

static void call_join(struct call *call) {
    ck_assert_int_eq(pthread_join(call->thread, NULL), 0);
}

// Lets the held transfer go and waits for it and the COUNT others. Calls that
// keep what they have while they try for the rest never end and never sleep:
// that is told by the CPU time they burn, so a busy machine changes nothing.
static void finish(struct call *held, struct call *others, int count) {
    double before = wb_cpu_ms();
    SET(step.let_go, true);
    // Join soon if nothing runs: the runner sees a deadlock only then.
    for (int ms = 0; ms < 40 || wb_cpu_ms() - before > ms / 4.0; ms++) {
        bool all = GET(held->returned);
        for (int i = 0; i < count; i++)
            all = all && GET(others[i].returned);
        if (all)
            break;
        expect_kind("busy-wait", wb_cpu_ms() - before < 1000,
                    "nobody is in BANK_STEP any more, but the threads have "
                    "used 1 s of CPU time since and not all have come back: "
                    "each keeps one account while it tries for another one "
                    "that it never gets");
        wb_sleep_ms(1);
    }
    call_join(held);
    for (int i = 0; i < count; i++)
        call_join(&others[i]);
    SET(step.hold_from, NULL);
}

// All of this process on one CPU: a thread that sleeps in a lock is then
// preferred, once woken, to one that has been spinning.
static void use_one_cpu(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &set))
            continue;
        CPU_ZERO(&set);
        CPU_SET(cpu, &set);
        sched_setaffinity(0, sizeof set, &set);
        return;
    }
}

// --- Helpers ----------------------------------------------------------------
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

static void expect_xfer(int from, int to, long amount, int want) {
    long steps = GET(step.calls);
    int got = xfer(&account[from], &account[to], amount);
    expect(got == want, "xfer(%s, %ld) returned %d (%s), expected %s",
           from == to ? "a, a" : "a, b", amount, got, error_name(got),
           error_name(want));
    steps = GET(step.calls) - steps;
    long calls = want == 0 && from != to;
    expect(steps == calls,
           "xfer(%s, %ld), which returned %s, called BANK_STEP %ld times, "
           "expected %ld",
           from == to ? "a, a" : "a, b", amount, error_name(got), steps, calls);
}

static void expect_balance(int i, long want, const char *when) {
    expect(account[i].balance == want,
           "the account with id %d holds %ld %s, expected %ld", account[i].id,
           account[i].balance, when, want);
}

static void expect_audit(struct account *const *list, int n, long want,
                         const char *when) {
    long got = audit(list, n);
    expect(got == want, "audit of %d accounts returned %ld %s, expected %ld", n,
           got, when, want);
}

static void expect_done(const struct call *call, int count) {
    for (int i = 0; i < count; i++)
        expect(call[i].n > 0 || call[i].result == 0,
               "xfer(a, b, %ld) returned %ld (%s) although the money was "
               "there, expected 0",
               call[i].amount, call[i].result, error_name(call[i].result));
}

// --- One thread -------------------------------------------------------------
START_TEST(new_accounts) {
    init(0, 7, 100);
    init(1, -3, 0);
    init(2, INT_MAX, LONG_MAX - 100);
    expect(account[0].id == 7 && account[1].id == -3,
           "acct_init(a, 7, 100) and acct_init(b, -3, 0) left the ids %d and "
           "%d in them",
           account[0].id, account[1].id);
    expect_balance(0, 100, "when it is new");
    expect_balance(1, 0, "when it is new");
    expect_audit(everybody, 2, 100, "for two new ones that hold 100 and 0");
    expect(everybody[0] == &account[0] && everybody[1] == &account[1],
           "audit changed the caller's array");
    expect_audit(everybody, 1, 100, "for one that holds 100");
    expect_audit(everybody, 3, LONG_MAX, "for all that money there can be");
    for (int i = 0; i < 3; i++)
        acct_destroy(&account[i]);
}
END_TEST

// The lowest and the highest id there are: their difference fits in no int.
START_TEST(any_id) {
    init(0, INT_MIN, 100);
    init(1, INT_MAX, 100);
    init(2, 0, 100);
    for (int from = 0; from < 3; from++)
        for (int to = 0; to < 3; to++)
            expect_xfer(from, to, 1, 0);
    expect_audit(everybody, 3, 300, "with the ids INT_MIN, INT_MAX and 0");
    for (int i = 0; i < 3; i++)
        acct_destroy(&account[i]);
}
END_TEST

START_TEST(memory_is_short) {
    for (int k = 1; k <= 4; k++) {
        wb_fail_call(WB_MALLOC, k);
        int error = acct_init(&account[0], 1, 100);
        bool failed = wb_failed(WB_MALLOC);
        wb_fail_call(WB_MALLOC, 0);
        expect(!failed || error < 0,
               "acct_init returned %d although allocation number %d in it had "
               "failed",
               error, k);
        if (error == 0)
            acct_destroy(&account[0]);
    }
}
END_TEST

// The contract leaves it to the answer what it asks for; here it is only seen
// to that nothing is left behind.
START_TEST(something_else_is_short) {
    static const enum wb_call short_of[] = {WB_MUTEX_INIT, WB_COND_INIT,
                                            WB_SEM_INIT};
    for (size_t i = 0; i < sizeof short_of / sizeof short_of[0]; i++) {
        wb_fail_call(short_of[i], 1);
        int error = acct_init(&account[i], 1, 100);
        bool failed = wb_failed(short_of[i]);
        wb_fail_call(short_of[i], 0);
        expect(error <= 0,
               "acct_init returned %d when a lock could not be made: expected "
               "a negative errno",
               error);
        // Who does without it is left alone.
        if (error == 0 && !failed)
            acct_destroy(&account[i]);
    }
}
END_TEST

START_TEST(memory_is_short_in_audit) {
    init_all((long[]){100, 50, 0, 0, 0, 0}, true);
    for (int k = 1; k <= 4; k++) {
        wb_fail_call(WB_MALLOC, k);
        long got = audit(everybody, ACCOUNTS);
        bool failed = wb_failed(WB_MALLOC);
        wb_fail_call(WB_MALLOC, 0);
        expect(got == 150 || (failed && got < 0),
               "audit returned %ld when %s: expected %s", got,
               failed ? "its memory ran out" : "no memory was short",
               failed ? "a negative errno, or the sum, 150" : "150");
        // An answer that kept a lock stops for ever in one of these.
        for (int i = 0; i + 1 < ACCOUNTS; i++)
            expect_xfer(i, i + 1, 1, 0);
        expect_xfer(ACCOUNTS - 1, 0, 1, 0);
        if (!failed)
            break;
    }
    destroy_all();
}
END_TEST

START_TEST(audit_of_many) {
    enum { MANY = 1000 };
    static struct account many[MANY];
    static struct account *list[MANY];
    for (int i = 0; i < MANY; i++) {
        init_at(&many[i], i * 7919 % MANY, i);
        list[MANY - 1 - i] = &many[i];
    }
    expect_audit(list, MANY, MANY * (MANY - 1L) / 2,
                 "though they hold 0, 1, 2 and so on");
    for (int i = 0; i < MANY; i++)
        expect(list[MANY - 1 - i] == &many[i],
               "audit changed the caller's array");
    expect_audit(list, MANY, MANY * (MANY - 1L) / 2, "the second time");
    for (int i = 0; i < MANY; i++)
        acct_destroy(&many[i]);
}
END_TEST

// Threads that have no account in common have nothing in common.
static void *comes_and_goes(void *rounds) {
    for (int i = 0; i < *(int *)rounds; i++) {
        struct account own[2];
        struct account *both[] = {&own[1], &own[0]};
        init_at(&own[0], 2 * i, 10);
        init_at(&own[1], 2 * i + 1, 20);
        int moved = xfer(&own[0], &own[1], 3);
        expect(moved == 0, "xfer(a, b, 3) returned %d (%s), expected 0", moved,
               error_name(moved));
        expect_audit(both, 2, 30, "for two accounts that hold 7 and 23");
        acct_destroy(&own[0]);
        acct_destroy(&own[1]);
    }
    return NULL;
}

START_TEST(accounts_come_and_go) {
    int rounds = suite_size(50, 20, 5);
    pthread_t threads[3];
    step.anywhere = true;
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, comes_and_goes, &rounds), 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
}
END_TEST

static void *pays_on(void *rounds) {
    for (int i = 0; i < *(int *)rounds; i++)
        xfer(&account[0], &account[1], 1);
    return NULL;
}

// Even one balance is only read as the contract says if it is read under a
// lock.
START_TEST(audits_of_one_account) {
    int rounds = suite_size(200, 100, 20);
    pthread_t payer;
    init_all((long[]){1000, 0, 0, 0, 0, 0}, true);
    int error = pthread_create(&payer, NULL, pays_on, &rounds);
    ck_assert_int_eq(error, 0);
    for (int i = 0; i < rounds; i++) {
        long paid = audit(&everybody[1], 1);
        expect_invariant(paid >= 0 && paid <= rounds,
                         "audit of one account returned %ld while %d were "
                         "paid into it, one by one",
                         paid, rounds);
        audit(everybody, 1);
    }
    pthread_join(payer, NULL);
    destroy_all();
}
END_TEST

START_TEST(a_transfer_moves_money) {
    init_all((long[]){100, 50, 0, 0, 0, 0}, true);
    step.look = true;
    expect_xfer(0, 1, 30, 0);
    expect(GET(step.last_from) == &account[0] &&
               GET(step.last_to) == &account[1],
           "xfer(a, b, 30) did not call BANK_STEP(a, b), but with other "
           "accounts");
    expect(GET(step.from_saw) == 70 && GET(step.to_saw) == 50,
           "in BANK_STEP of xfer(a, b, 30), a held %ld and b held %ld: "
           "expected 70 and 50, a's debit done and b's credit not",
           GET(step.from_saw), GET(step.to_saw));
    expect_balance(0, 70, "after 30 of 100 were moved out of it");
    expect_balance(1, 80, "after 30 were moved into its 50");
    expect_xfer(1, 0, 80, 0);
    expect(GET(step.last_from) == &account[1] &&
               GET(step.last_to) == &account[0],
           "xfer(b, a, 80) did not call BANK_STEP(b, a), but with other "
           "accounts or the other way round");
    expect(GET(step.from_saw) == 0 && GET(step.to_saw) == 70,
           "in BANK_STEP of xfer(b, a, 80), b held %ld and a held %ld: "
           "expected 0 and 70, b's debit done and a's credit not",
           GET(step.from_saw), GET(step.to_saw));
    expect_balance(1, 0, "after all it held was moved out of it");
    expect_balance(0, 150, "after 80 were moved into its 70");
    expect_audit(everybody, ACCOUNTS, 150, "after two transfers");
    destroy_all();
}
END_TEST

START_TEST(a_poor_account_is_refused) {
    init_all((long[]){100, 50, 20, 0, 0, 0}, true);
    expect_xfer(0, 1, 101, -ERANGE);
    // An answer that kept a lock on that path stops for ever in one of these.
    expect_xfer(0, 2, 1, 0);
    expect_xfer(2, 1, 1, 0);
    expect_xfer(1, 0, LONG_MAX, -ERANGE);
    expect_xfer(2, 0, 1, 0);
    expect_xfer(2, 1, 1, 0);
    expect_audit(everybody, ACCOUNTS, 170, "after two refused transfers");
    expect_balance(0, 100, "after a refused transfer, -1 and +1");
    expect_balance(1, 52, "after a refused transfer and twice +1");
    expect_xfer(0, 1, 100, 0);
    expect_xfer(0, 1, 1, -ERANGE);
    expect_balance(0, 0, "after all it held was moved out of it");
    destroy_all();
}
END_TEST

START_TEST(nonsense_is_refused) {
    static const long bad[] = {0, -1, -100, LONG_MIN};
    init_all((long[]){100, 50, 0, 0, 0, 0}, true);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        expect_xfer(0, 1, bad[i], -EINVAL);
        expect_xfer(0, 0, bad[i], -EINVAL);
    }
    expect_balance(0, 100, "after transfers of nothing or less");
    expect_xfer(1, 0, 50, 0);
    expect_audit(everybody, ACCOUNTS, 150, "after -EINVAL");
    destroy_all();
}
END_TEST

START_TEST(to_itself) {
    init_all((long[]){100, 50, 0, 0, 0, 0}, true);
    expect_xfer(0, 0, 30, 0);
    expect_xfer(0, 0, 1000, 0);
    expect_xfer(2, 2, 1, 0);
    expect_balance(0, 100, "after transfers from it to itself");
    expect_xfer(0, 1, 100, 0);
    expect_xfer(1, 0, 150, 0);
    expect_audit(everybody, ACCOUNTS, 150, "after a transfer to itself");
    destroy_all();
}
END_TEST

// --- At the same time -------------------------------------------------------
START_TEST(disjoint_transfers) {
    static const int pairs[][4] = {{0, 1, 2, 3}, {0, 3, 2, 1}, {5, 0, 1, 4}};
    init_all((long[]){50, 50, 50, 50, 50, 50}, true);
    for (int i = 0; i < 3; i++) {
        const int *p = pairs[i];
        step.meet = wb_gauge_new(2);
        struct call calls[2] = {
            {.from = &account[p[0]], .to = &account[p[1]], .amount = 1},
            {.from = &account[p[2]], .to = &account[p[3]], .amount = 1},
        };
        for (int k = 0; k < 2; k++)
            ck_assert_int_eq(
                pthread_create(&calls[k].thread, NULL, call_main, &calls[k]),
                0);
        call_join(&calls[0]);
        call_join(&calls[1]);
        expect_done(calls, 2);
        expect(GET(step.calls) == 2 * (i + 1),
               "two transfers called BANK_STEP %ld times",
               GET(step.calls) - 2 * i);
        expect_kind("no-overlap", wb_gauge_peak(step.meet) == 2,
                    "xfer(a, b, 1) and xfer(c, d, 1), which have no account "
                    "in common, were never in BANK_STEP at the same time: one "
                    "waited until the other was done");
        wb_gauge_free(step.meet);
    }
    destroy_all();
}
END_TEST

START_TEST(one_account_one_transfer) {
    init_all((long[]){100, 50, 25, 1, 0, 0}, true);
    struct call held = {.from = &account[0], .to = &account[1], .amount = 30};
    // The one in the middle has nothing to do with the others, but its end may
    // wake one of them, whose accounts are no more free than before.
    struct call others[] = {
        {.from = &account[1], .to = &account[2], .amount = 5},
        {.from = &account[3], .to = &account[4], .amount = 1},
        {.from = &account[2], .to = &account[0], .amount = 7},
    };
    call_start_held(&held);
    for (int i = 0; i < 3; i++)
        call_start(&others[i]);
    finish(&held, others, 3);
    expect_done(others, 3);
    expect_balance(0, 77, "after -30 and +7 on 100, by two threads");
    expect_balance(1, 75, "after +30 and -5 on 50, by two threads");
    expect_balance(2, 23, "after +5 and -7 on 25, by two threads");
    destroy_all();
}
END_TEST

START_TEST(audit_during_a_transfer) {
    init_all((long[]){100, 50, 25, 0, 0, 0}, true);
    struct call held = {.from = &account[0], .to = &account[1], .amount = 30};
    struct call sum = {.list = {&account[2], &account[1], &account[0]}, .n = 3};
    call_start_held(&held);
    call_start(&sum);
    finish(&held, &sum, 1);
    expect_invariant(
        sum.result == 175,
        "audit returned %ld while a transfer of 30 between two of its "
        "accounts stood between debit and credit; together they hold 175",
        sum.result);
    destroy_all();
}
END_TEST

// An audit that has read `a` comes to x, which is held; meanwhile money goes
// from a to b, which it has not read yet.
START_TEST(audit_is_of_one_moment) {
    for (int round = 0; round < 2; round++) {
        init_all((long[]){100, 100, 100, 100, 0, 0}, round == 0);
        struct call held = {
            .from = &account[1], .to = &account[2], .amount = 10};
        struct call others[2] = {
            {.list = {&account[0], &account[1], &account[2], &account[3]},
             .n = 4},
            {.from = &account[0], .to = &account[3], .amount = 30},
        };
        call_start_held(&held);
        call_start(&others[0]);
        call_start(&others[1]);
        finish(&held, others, 2);
        expect_done(others, 2);
        expect_invariant(
            others[0].result == 400,
            "audit returned %ld: while it waited for one account, 30 were "
            "moved from another one to a third. Together they hold 400 at "
            "every moment",
            others[0].result);
        destroy_all();
    }
}
END_TEST

// Each of these makes its first call when a transfer is over. Nothing but the
// answer's own locks, taken before it looks, orders the two.
static void *comes_late(void *data) {
    struct call *call = data;
    while (GET(step.calls) == 0 || GET(step.inside[0]) > 0)
        wb_sleep_ms(1);
    wb_sleep_ms(2);
    return call_main(call);
}

START_TEST(seen_afterwards) {
    init_all((long[]){100, 50, 0, 0, 0, 0}, true);
    struct call late[] = {
        {.list = {&account[0], &account[1]}, .n = 2},
        {.list = {&account[1]}, .n = 1},
        {.list = {&account[0]}, .n = 1},
        {.from = &account[0], .to = &account[2], .amount = 70},
        {.from = &account[1], .to = &account[3], .amount = 1},
    };
    enum { LATE = sizeof late / sizeof late[0] };
    for (int i = 0; i < LATE; i++)
        ck_assert_int_eq(
            pthread_create(&late[i].thread, NULL, comes_late, &late[i]), 0);
    struct call first = {.from = &account[0], .to = &account[1], .amount = 30};
    ck_assert_int_eq(pthread_create(&first.thread, NULL, call_main, &first), 0);
    for (int i = 0; i < LATE; i++)
        call_join(&late[i]);
    call_join(&first);
    expect_done(&first, 1);
    expect_done(late, LATE);
    expect_balance(0, 0, "after transfers of all it held out of it");
    destroy_all();
}
END_TEST

START_TEST(no_overdraft) {
    init_all((long[]){110, 0, 0, 0, 0, 0}, true);
    struct call held = {.from = &account[0], .to = &account[3], .amount = 10};
    struct call two[2] = {
        {.from = &account[0], .to = &account[1], .amount = 60},
        {.from = &account[0], .to = &account[2], .amount = 60},
    };
    call_start_held(&held);
    call_start(&two[0]);
    call_start(&two[1]);
    finish(&held, two, 2);
    expect_invariant(
        account[0].balance == 40,
        "an account held 100; two threads took 60 each at the same time "
        "and got %ld (%s) and %ld (%s). Now it holds %ld, expected 40",
        two[0].result, error_name(two[0].result), two[1].result,
        error_name(two[1].result), account[0].balance);
    expect((two[0].result == 0 && two[1].result == -ERANGE) ||
               (two[1].result == 0 && two[0].result == -ERANGE),
           "two transfers of 60 out of an account with 100 returned %ld and "
           "%ld, expected 0 for one and -ERANGE for the other",
           two[0].result, two[1].result);
    destroy_all();
}
END_TEST

// --- Deadlocks, made --------------------------------------------------------
// x -> y is held; the first of OTHERS comes to x, the last has to come to x
// after it has taken what the first one wants next.
static void make_queue(struct account *x, struct account *y,
                       struct call *others, int count) {
    struct call held = {.from = x, .to = y, .amount = 1};
    call_start_held(&held);
    for (int i = 0; i < count; i++)
        call_start(&others[i]);
    finish(&held, others, count);
    expect_done(&held, 1);
    expect_done(others, count);
}

START_TEST(opposite_transfers) {
    struct account *a = &account[0], *x = &account[1], *y = &account[2];
    use_one_cpu();
    init_all((long[]){50, 50, 50, 0, 0, 0}, true);
    for (int round = 0; round < 3; round++) {
        make_queue(x, y,
                   (struct call[]){{.from = x, .to = a, .amount = 1},
                                   {.from = a, .to = x, .amount = 1}},
                   2);
        make_queue(x, y,
                   (struct call[]){{.from = a, .to = x, .amount = 1},
                                   {.from = x, .to = a, .amount = 1}},
                   2);
    }
    expect_audit(everybody, ACCOUNTS, 150, "after opposite transfers");
    destroy_all();
}
END_TEST

START_TEST(a_circle_of_transfers) {
    struct account *a = &account[0], *b = &account[1], *x = &account[2];
    struct account *y = &account[3];
    use_one_cpu();
    for (int round = 0; round < 2; round++) {
        init_all((long[]){50, 50, 50, 50, 0, 0}, round == 0);
        make_queue(x, y,
                   (struct call[]){{.from = x, .to = a, .amount = 1},
                                   {.from = b, .to = x, .amount = 1},
                                   {.from = a, .to = b, .amount = 1}},
                   3);
        make_queue(x, y,
                   (struct call[]){{.from = a, .to = x, .amount = 1},
                                   {.from = x, .to = b, .amount = 1},
                                   {.from = b, .to = a, .amount = 1}},
                   3);
        expect_audit(everybody, ACCOUNTS, 200, "after a circle of transfers");
        destroy_all();
    }
}
END_TEST

// Between the two opposite transfers, a third thread makes the poorer account
// the richer one.
START_TEST(balances_change_places) {
    struct account *a = &account[0], *x = &account[1], *y = &account[2];
    struct account *d = &account[3];
    use_one_cpu();
    init_all((long[]){200, 100, 0, 0, 0, 0}, true);
    make_queue(x, y,
               (struct call[]){{.from = x, .to = a, .amount = 1},
                               {.from = a, .to = d, .amount = 150},
                               {.from = a, .to = x, .amount = 1}},
               3);
    destroy_all();
    init_all((long[]){50, 100, 0, 200, 0, 0}, true);
    make_queue(x, y,
               (struct call[]){{.from = x, .to = a, .amount = 1},
                               {.from = d, .to = a, .amount = 150},
                               {.from = a, .to = x, .amount = 1}},
               3);
    expect_audit(everybody, ACCOUNTS, 350, "after transfers");
    destroy_all();
}
END_TEST

START_TEST(two_audits) {
    struct account *a = &account[0], *x = &account[1], *y = &account[2];
    use_one_cpu();
    init_all((long[]){50, 50, 50, 0, 0, 0}, true);
    struct call sums[2] = {{.list = {x, a, y}, .n = 3},
                           {.list = {a, x, y}, .n = 3}};
    make_queue(x, y, sums, 2);
    for (int i = 0; i < 2; i++)
        expect_invariant(
            sums[i].result == 150,
            "one of two audits at the same time returned %ld, expected 150",
            sums[i].result);
    destroy_all();
}
END_TEST

// x above and below `a`, in memory and by id: audit and xfer have to agree.
START_TEST(audit_against_transfers) {
    use_one_cpu();
    for (int round = 0; round < 4; round++) {
        struct account *x = &account[round % 2 == 0 ? 0 : 2];
        struct account *a = &account[round % 2 == 0 ? 2 : 0];
        struct account *y = &account[1];
        init_all((long[]){50, 50, 50, 0, 0, 0}, round < 2);
        struct call calls[2] = {{.list = {x, y, a}, .n = 3},
                                {.from = a, .to = x, .amount = 1}};
        make_queue(x, y, calls, 2);
        expect_invariant(
            calls[0].result == 150,
            "audit returned %ld during transfers between its accounts, "
            "expected 150",
            calls[0].result);
        destroy_all();
    }
}
END_TEST

// --- Any order, made hard ---------------------------------------------------
// Whatever mixture meets: each of two accounts is once the one that is waited
// for.
static void mix(struct account *a, struct account *b, struct account *y) {
    struct account *pair[] = {a, b};
    for (int i = 0; i < 2; i++) {
        struct account *x = pair[i], *other = pair[1 - i];
        struct call out = {.from = x, .to = other, .amount = 1};
        struct call back = {.from = other, .to = x, .amount = 1};
        struct call sum = {.list = {x, other}, .n = 2};
        struct call reverse = {.list = {other, x}, .n = 2};
        make_queue(x, y, (struct call[]){out, back}, 2);
        make_queue(x, y, (struct call[]){back, out}, 2);
        make_queue(x, y, (struct call[]){sum, back}, 2);
        make_queue(x, y, (struct call[]){sum, reverse}, 2);
    }
}

// Ids that are the same to who looks at some of their bits, at their distance
// from 0, or at the remainder of a division.
START_TEST(ids_that_look_alike) {
    static const int pairs[][2] = {
        {1, 1 + 516096000}, // 2^16 times a multiple of 2, 3, ..., 10, 1000
        {-516096000, 516096000},
        {16777216, 16777217}, // one number to a float
        {INT_MIN, INT_MAX},
    };
    use_one_cpu();
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        init_all((long[]){50, 50, 50, 0, 0, 0}, true);
        for (int k = 0; k < 2; k++)
            init(k, pairs[i][k], 50);
        suite_note("Two of the accounts have the ids %d and %d.", pairs[i][0],
                   pairs[i][1]);
        mix(&account[0], &account[1], &account[2]);
        destroy_all();
    }
}
END_TEST

// The difference of any two of these ids is too large for an int.
START_TEST(ids_far_apart) {
    struct account *a = &account[0], *b = &account[1], *x = &account[2];
    struct account *y = &account[3];
    static const int ids[] = {1431655765, -1431655766, 0};
    use_one_cpu();
    suite_note("Three of the accounts have the ids %d, %d and %d.", ids[0],
               ids[1], ids[2]);
    for (int round = 0; round < 2; round++) {
        init_all((long[]){50, 50, 50, 50, 0, 0}, true);
        for (int k = 0; k < 3; k++)
            init(k, round == 0 || k == 2 ? ids[k] : ids[1 - k], 50);
        make_queue(x, y,
                   (struct call[]){{.from = x, .to = a, .amount = 1},
                                   {.from = b, .to = x, .amount = 1},
                                   {.from = a, .to = b, .amount = 1}},
                   3);
        destroy_all();
    }
}
END_TEST

// Places for four accounts: so far apart that no int holds the difference of
// two addresses, not even in accounts, and with the same low bits. False if the
// system wants these places for itself.
static bool far_places(struct account **places) {
    static const uintptr_t offsets[] = {0, (1UL << 37) + (1UL << 31), 1UL << 38,
                                        1UL << 36};
    for (int i = 0; i < 4; i++) {
        void *wanted = (void *)((1UL << 44) + offsets[i]);
        places[i] =
            mmap(wanted, sizeof **places, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
        if (places[i] != wanted)
            return false;
    }
    return true;
}

START_TEST(they_lie_anywhere) {
    struct account *at[4];
    if (!far_places(at))
        return;
    step.anywhere = true;
    use_one_cpu();
    suite_note("The accounts lie far from each other in memory.");
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 4; i++)
            init_at(at[i], (round == 0 ? i : -i) * 516096000, 50);
        mix(at[0], at[1], at[3]);
        mix(at[0], at[2], at[3]);
        step.meet = wb_gauge_new(2);
        struct call calls[2] = {{.from = at[0], .to = at[2], .amount = 1},
                                {.from = at[1], .to = at[3], .amount = 1}};
        for (int k = 0; k < 2; k++)
            ck_assert_int_eq(
                pthread_create(&calls[k].thread, NULL, call_main, &calls[k]),
                0);
        for (int k = 0; k < 2; k++)
            call_join(&calls[k]);
        expect_kind("no-overlap", wb_gauge_peak(step.meet) == 2,
                    "xfer(a, b, 1) and xfer(c, d, 1), which have no account in "
                    "common, were never in BANK_STEP at the same time: do some "
                    "accounts share a lock?");
        wb_gauge_free(step.meet);
        step.meet = NULL;
        for (int i = 0; i < 4; i++)
            acct_destroy(at[i]);
    }
}
END_TEST

// --- Many threads -----------------------------------------------------------
enum { WORKERS = 4, AUDITORS = 2 };

struct crowd {
    wb_gauge *start; // nobody begins before all are there
    int transfers;   // of each worker
    long total;
    atomic_int busy;        // workers not yet done
    atomic_long calls_done; // calls that have come back
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
        int result = xfer(&account[from], &account[to], amount);
        expect(result == 0 || result == -ERANGE,
               "xfer(a, b, %ld) returned %d (%s), expected 0 or -ERANGE",
               amount, result, error_name(result));
        ADD(crowd->calls_done, 1);
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

// The auditor looks a bounded number of times, each time in another order.
static void *auditor_main(void *data) {
    struct crowd *crowd = data;
    unsigned long seed = 99;
    struct account *list[ACCOUNTS];
    memcpy(list, everybody, sizeof list);
    wb_gauge_enter(crowd->start);
    for (int i = 0; i < crowd->transfers / 4 && GET(crowd->busy) > 0; i++) {
        for (int k = ACCOUNTS - 1; k > 0; k--) {
            int other = (int)(suite_random(&seed) % (unsigned)(k + 1));
            struct account *swap = list[k];
            list[k] = list[other];
            list[other] = swap;
        }
        long total = audit(list, ACCOUNTS);
        ADD(crowd->calls_done, 1);
        expect_invariant(
            total == crowd->total,
            "audit of all accounts returned %ld while other threads "
            "moved money between them; together they hold %ld",
            total, crowd->total);
        sched_yield();
    }
    wb_gauge_leave(crowd->start);
    return NULL;
}

static void expect_crowd_result(const struct crowd *crowd,
                                const struct worker *workers,
                                const long *opening) {
    long done = 0;
    for (int i = 0; i < WORKERS; i++)
        done += workers[i].done;
    for (int a = 0; a < ACCOUNTS; a++) {
        long want = opening[a];
        for (int i = 0; i < WORKERS; i++)
            want += workers[i].change[a];
        expect(account[a].balance == want,
               "an account holds %ld after %d threads made %ld transfers; "
               "what they moved leaves %ld: an update was lost",
               account[a].balance, WORKERS, done, want);
    }
    expect_audit(everybody, ACCOUNTS, crowd->total, "after all transfers");
    expect(GET(step.calls) == done,
           "BANK_STEP was called %ld times in %ld transfers that went through",
           GET(step.calls), done);
}

// As finish(): CPU time that is used while no call comes back.
static void watch_crowd(struct crowd *crowd) {
    long done = -1;
    double before = 0;
    int idle = 0;
    while (GET(crowd->busy) > 0 && idle < 40) {
        double now = wb_cpu_ms();
        if (GET(crowd->calls_done) != done) {
            done = GET(crowd->calls_done);
            before = now;
            idle = 0;
        }
        idle = now - before > idle / 4.0 ? 0 : idle + 1;
        expect_kind(
            "busy-wait", now - before < 1000,
            "four threads with transfers and two auditors have used 1 s "
            "of CPU time and not one call came back: each keeps what "
            "it has while it tries for what another one keeps");
        wb_sleep_ms(1);
    }
}

START_TEST(many_threads) {
    static const long opening[ACCOUNTS] = {9, 3, 0, 12, 5, 1};
    static const int ids[ACCOUNTS] = {40, -7, 1000, 3, 12, 0};
    struct crowd crowd = {
        .start = wb_gauge_new(WORKERS + AUDITORS),
        .transfers = suite_size(2000, 400, 60),
        .total = 30,
        .busy = WORKERS,
    };
    struct worker workers[WORKERS] = {0};
    pthread_t auditors[AUDITORS];
    for (int i = 0; i < ACCOUNTS; i++)
        init(i, ids[i], opening[i]);
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
    watch_crowd(&crowd);
    for (int i = 0; i < WORKERS; i++)
        ck_assert_int_eq(pthread_join(workers[i].thread, NULL), 0);
    for (int i = 0; i < AUDITORS; i++)
        ck_assert_int_eq(pthread_join(auditors[i], NULL), 0);
    expect_crowd_result(&crowd, workers, opening);
    wb_gauge_free(crowd.start);
    destroy_all();
}
END_TEST

SUITE(
    TEST(new_accounts, "a new account holds its opening balance"),
    TEST(any_id, "an id may be any int"),
    TEST(memory_is_short, "acct_init survives a failed allocation"),
    TEST(something_else_is_short,
         "acct_init leaves nothing behind if a lock cannot be had",
         .stages = IN_TESTS | IN_MEMORY, .allow_threads_left = true),
    TEST(memory_is_short_in_audit,
         "audit survives a failed allocation, and its accounts work on",
         .stages = IN_TESTS | IN_MEMORY),
    TEST(audit_of_many, "an audit of a thousand accounts",
         .stages = IN_TESTS | IN_MEMORY),
    TEST(accounts_come_and_go,
         "threads make accounts of their own while others use theirs"),
    TEST(audits_of_one_account,
         "an audit of a single account takes its lock too"),
    TEST(a_transfer_moves_money,
         "a transfer takes from one account, calls BANK_STEP, adds to the "
         "other"),
    TEST(a_poor_account_is_refused,
         "a transfer of more than there is returns -ERANGE, and both accounts "
         "work on"),
    TEST(nonsense_is_refused,
         "a transfer of nothing or less returns -EINVAL, also to itself"),
    TEST(to_itself, "a transfer from an account to itself changes nothing"),
    TEST(disjoint_transfers,
         "transfers without an account in common run at the same time"),
    TEST(one_account_one_transfer,
         "an account takes part in one transfer at a time",
         .stages = IN_TESTS | IN_RACES),
    TEST(audit_during_a_transfer, "an audit does not see a transfer half done",
         .stages = IN_TESTS | IN_RACES),
    TEST(audit_is_of_one_moment,
         "all balances that an audit adds up are of one moment",
         .stages = IN_TESTS | IN_RACES),
    TEST(seen_afterwards,
         "threads that come after a transfer see what it has done"),
    TEST(no_overdraft,
         "two threads that come for the same money do not both get it",
         .stages = IN_TESTS | IN_RACES),
    TEST(opposite_transfers, "a transfer and its opposite both come to an end",
         .stages = IN_TESTS),
    TEST(a_circle_of_transfers,
         "transfers in a circle of three all come to an end",
         .stages = IN_TESTS),
    TEST(balances_change_places,
         "transfers come to an end while the balances change",
         .stages = IN_TESTS),
    TEST(two_audits,
         "two audits that list the same accounts in different order come to "
         "an end",
         .stages = IN_TESTS),
    TEST(audit_against_transfers,
         "an audit and a transfer of its accounts both come to an end",
         .stages = IN_TESTS),
    TEST(ids_that_look_alike,
         "any two ids are told apart: calls that meet come to an end",
         .stages = IN_TESTS),
    TEST(ids_far_apart,
         "transfers in a circle come to an end, whatever the ids are",
         .stages = IN_TESTS),
    TEST(they_lie_anywhere,
         "accounts may lie anywhere in memory: calls that meet come to an end",
         .stages = IN_TESTS),
    TEST(many_threads,
         "four threads and two auditors: no update is lost, the sum never "
         "changes"), )

// --- Chosen schedules -------------------------------------------------------
static struct {
    int moved[3];
    long saw;
} scene;

static void scene_opens(int count, long opening) {
    for (int i = 0; i < count; i++) {
        acct_init(&account[i], 10 - i, opening);
        everybody[i] = &account[i];
    }
}

static void scene_closes(int count) {
    for (int i = 0; i < count; i++)
        acct_destroy(&account[i]);
}

static void *moves_0_to_1(void *unused) {
    (void)unused;
    scene.moved[1] = xfer(&account[0], &account[1], 10);
    return NULL;
}

static void *moves_1_to_2(void *unused) {
    (void)unused;
    scene.moved[2] = xfer(&account[1], &account[2], 10);
    return NULL;
}

// As scene_opposite and scene_audit, with these two ids; who orders by a part
// of them, or by their difference, has no order here, or two.
static void scene_with_ids(int id, int other) {
    pthread_t thread;
    acct_init(&account[0], id, 50);
    acct_init(&account[1], other, 50);
    pthread_create(&thread, NULL, moves_0_to_1, NULL);
    scene.moved[0] = xfer(&account[1], &account[0], 7);
    scene.saw = audit((struct account *[]){&account[1], &account[0]}, 2);
    pthread_join(thread, NULL);
    expect(scene.saw == 100,
           "audit returned %ld while another thread moved 10 between its two "
           "accounts, which hold 100 together",
           scene.saw);
    scene_closes(2);
}

SCENARIO(scene_same_bits) {
    scene_with_ids(1, 1 + 516096000);
}

SCENARIO(scene_same_float) {
    scene_with_ids(16777216, 16777217);
}

SCENARIO(scene_far_ids) {
    scene_with_ids(INT_MAX, INT_MIN);
}

SCENARIO(scene_opposite) {
    pthread_t thread;
    scene_opens(2, 50);
    pthread_create(&thread, NULL, moves_0_to_1, NULL);
    scene.moved[0] = xfer(&account[1], &account[0], 7);
    pthread_join(thread, NULL);
    expect(account[0].balance == 47 && account[1].balance == 53,
           "xfer(a, b, 10) and xfer(b, a, 7) at the same time left %ld and "
           "%ld of 50 each, expected 47 and 53",
           account[0].balance, account[1].balance);
    scene_closes(2);
}

SCENARIO(scene_audit) {
    pthread_t thread;
    scene_opens(2, 50);
    pthread_create(&thread, NULL, moves_0_to_1, NULL);
    scene.saw = audit((struct account *[]){&account[1], &account[0]}, 2);
    pthread_join(thread, NULL);
    expect(scene.saw == 100,
           "audit returned %ld while another thread moved 10 between its two "
           "accounts, which hold 100 together",
           scene.saw);
    scene_closes(2);
}

SCENARIO(scene_circle) {
    pthread_t threads[2];
    scene_opens(3, 50);
    pthread_create(&threads[0], NULL, moves_0_to_1, NULL);
    pthread_create(&threads[1], NULL, moves_1_to_2, NULL);
    scene.moved[0] = xfer(&account[2], &account[0], 10);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 3; i++)
        expect(account[i].balance == 50,
               "10 went round a circle of three accounts with 50 each; one "
               "holds %ld now",
               account[i].balance);
    scene_closes(3);
}

SCENARIOS({scene_opposite, "a transfer and its opposite both come to an end",
           NULL},
          {scene_audit, "an audit does not see a transfer half done", NULL},
          {scene_same_bits,
           "the ids 1 and 516096001 are told apart: calls come to an end",
           NULL},
          {scene_same_float,
           "the ids 16777216 and 16777217 are told apart: calls come to an end",
           NULL},
          {scene_far_ids,
           "the lowest and the highest id are told apart: calls come to an end",
           NULL},
          {scene_circle, "transfers in a circle all come to an end", NULL}, )
