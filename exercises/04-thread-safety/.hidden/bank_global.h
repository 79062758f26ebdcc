// SPDX-License-Identifier: MIT
// A bank that many threads use at the same time. Money moves between its
// accounts; none appears, none is lost, and nobody can see it on its way.
//
// bank_transfer, bank_balance and bank_total may be called by any number of
// threads at any moment. bank_new returns before anyone uses the bank, and
// bank_free is called once nobody uses it any more.
//
// Every call looks as if it happened at one single moment: whoever asks sees
// another thread's transfer either not begun or complete, never half done.
// From that follows
//   - bank_total gives the same sum whenever it is called;
//   - no balance is ever below 0;
//   - two transfers that have an account in common are never inside BANK_STEP
//     at the same time.
//
// How you do it is up to you: pthreads, semaphores and <stdatomic.h> are all
// allowed. <threads.h> and atomic_thread_fence are not.
#pragma once

typedef struct bank bank; // yours to define

// Between debit and credit. bank_transfer calls BANK_STEP(from, to), with the
// two account numbers, exactly once in a transfer that goes through: after it
// has taken the amount out of FROM and before it adds it to TO. A refused
// transfer never calls it.
//
// It may be called from any thread and with anything locked. It may take long
// and it may sleep; it does not call the bank. The tests stop here to look
// what other threads can see meanwhile.
#define BANK_STEP(from, to) bank_step_hook((from), (to))
void bank_step_hook(int from, int to); // provided, do not define it

// A bank with N accounts, numbered 0 to N - 1; account I starts with
// OPENING[I]. The array stays the caller's and may be gone when bank_new has
// returned. The caller sees to it that N is at least 1, that no opening balance
// is below 0 and that the sum of all fits in a long (so no balance can ever
// overflow).
//
// Returns NULL with errno set if memory (ENOMEM) or anything else runs out;
// nothing is left allocated then.
bank *bank_new(const long *opening, int n);

// Moves AMOUNT from account FROM to account TO.
//    0        done
//   -EINVAL   FROM or TO is no account of this bank, or FROM == TO, or
//             AMOUNT <= 0. This comes first: however much FROM holds, the
//             answer is -EINVAL.
//   -ERANGE   FROM holds less than AMOUNT. (Taking all it holds is fine.)
// After an error no balance has changed, and the bank is as usable as before.
int bank_transfer(bank *b, int from, int to, long amount);

// What account ACCT holds, or -1 if there is no such account.
long bank_balance(bank *b, int acct);

// What all accounts hold together, at one moment.
long bank_total(bank *b);

// Frees the bank and everything that belongs to it. B is not NULL.
void bank_free(bank *b);
