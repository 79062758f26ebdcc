// SPDX-License-Identifier: MIT
// A bank in memory that several processes share, and that survives it if one of
// them is killed in the middle of a transfer.
//
// sb_new() is called before the processes are forked; each of them, the parent
// too, then calls sb_transfer() and sb_total() as it likes. Each process has one
// thread. Whoever calls sees the transfers of the others either not begun or
// complete.
//
// Any of the processes may be killed with SIGKILL at any moment: inside of
// BANK_STEP(), between any two changes of the memory, while it waits for another
// one, while it puts right what one killed before it has left. The others go on:
// the next call finds a bank in which the transfer that was under way has either
// been undone or been completed, and does its work as if nothing had happened.
// Nobody waits for the dead. There may be several banks.
#pragma once

typedef struct shm_bank shm_bank; // yours to define

// Between debit and credit. sb_transfer() calls BANK_STEP(from, to) exactly once
// in a transfer that goes through, in the process of its caller: after FROM has
// less and before TO has more. A refused transfer never calls it.
#define BANK_STEP(from, to) bank_step_hook((from), (to))
void bank_step_hook(int from, int to); // provided, do not define it

// A bank with N accounts in memory that children share, numbered from 0; account
// I starts with OPENING[I]. N is at least 1, no opening balance is below 0, and
// their sum fits in a long. NULL with errno set if memory or anything else runs
// out; nothing is left then.
shm_bank *sb_new(const long *opening, int n);

// Moves AMOUNT from account FROM to account TO. 0, or
//   -EINVAL   FROM or TO is no account, or FROM == TO, or AMOUNT <= 0; this comes
//             first;
//   -ERANGE   FROM holds less than AMOUNT.
// After an error no balance has changed.
int sb_transfer(shm_bank *b, int from, int to, long amount);

// What all accounts hold together, at one moment.
long sb_total(shm_bank *b);

// What stands in account ACCT now, without waiting for anybody, also in the
// middle of a transfer: for whoever wants to look, as the tests do in
// BANK_STEP(). ACCT is one of the bank's.
long sb_look(const shm_bank *b, int acct);

// By the process that called sb_new(), when no other one uses the bank any more.
// NULL is fine.
void sb_free(shm_bank *b);
