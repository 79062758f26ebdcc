// SPDX-License-Identifier: MIT
// Accounts that are locked one by one, so that transfers which have nothing to
// do with each other run at the same time, and no mixture of calls can ever
// stop all of them for good.
//
// xfer and audit may be called by any number of threads at any moment, on any
// accounts. acct_init returns before anyone uses the account, and acct_destroy
// is called once nobody uses it any more; other accounts may be in use all the
// time.
//
// Every call looks as if it happened at one single moment: whoever asks sees
// another thread's transfer either not begun or complete, never half done. So
// no balance is ever seen below 0, and two transfers that have an account in
// common are never inside BANK_STEP at the same time.
//
// But two transfers that have no account in common can be inside BANK_STEP at
// the same time: neither waits for the other to get out.
//
// How you do it is up to you: pthreads, semaphores and <stdatomic.h> are all
// allowed, and `lock` is there to be used but need not be. <threads.h> and
// atomic_thread_fence are not allowed.
#pragma once

#include <pthread.h>

// Lies wherever its owner likes; accounts are not in one array, and their ids
// need not rise with their addresses. It never moves while in use.
struct account {
    int id;               // no two accounts have the same; any int
    long balance;         // what it holds. Keep it true: the tests read it when
                          // no call is running, and in BANK_STEP
    pthread_mutex_t lock; // yours
    void *user;           // yours: whatever else you want to keep
};

// Between debit and credit. xfer calls BANK_STEP(from, to), with the pointers
// it was given, exactly once in a transfer that goes through: after it has
// taken the amount out of FROM and before it adds it to TO. A transfer that is
// refused, or from an account to itself, never calls it.
//
// It may be called from any thread and with anything locked. It may take long
// and it may sleep; it does not call xfer or audit.
#define BANK_STEP(from, to) bank_step_hook((from), (to))
void bank_step_hook(struct account *from, struct account *to); // provided

// Makes *A an account called ID that holds OPENING, whatever was in it before.
// The caller sees to it that OPENING is not below 0 and that all accounts
// together never hold more than fits in a long (so nothing can overflow).
// Returns 0, or -errno of what failed; then nothing is left allocated.
int acct_init(struct account *a, int id, long opening);

// Moves AMOUNT from FROM to TO. The first of these that is true decides:
//   -EINVAL   AMOUNT <= 0
//    0        FROM == TO: nothing changes, whatever the account holds
//   -ERANGE   FROM holds less than AMOUNT (taking all it holds is fine)
//    0        done
// After an error no balance has changed, and both accounts are as usable as
// before.
int xfer(struct account *from, struct account *to, long amount);

// What the N accounts hold together, at one moment. N is at least 1; the
// accounts stand in any order, none of them twice; the array is only read.
// Returns a negative errno if memory that you ask for here runs out.
long audit(struct account *const *accts, int n);

// Gives back what acct_init took; *A itself is the caller's. Returns 0.
int acct_destroy(struct account *a);
