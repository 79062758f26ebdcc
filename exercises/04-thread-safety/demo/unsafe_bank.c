// SPDX-License-Identifier: MIT
// The balance is read and written under a lock, each time, and money is made of
// nothing all the same: what was checked is no longer so when it is used.
//
//     make demo DEMO=unsafe_bank
//     build/lockstep explore exercises/04-thread-safety/demo/unsafe_bank.c
#include <assert.h>
#include <pthread.h>
#include <stdio.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long balance = 100; // guarded by lock

static long read_balance(void) {
    pthread_mutex_lock(&lock);
    long now = balance;
    pthread_mutex_unlock(&lock);
    return now;
}

static void withdraw(long amount) {
    pthread_mutex_lock(&lock);
    balance -= amount;
    pthread_mutex_unlock(&lock);
}

static void *customer(void *unused) {
    if (read_balance() >= 80)
        withdraw(80); // two locked halves are not a locked whole
    return unused;
}

int main(void) {
    pthread_t customers[2];
    for (int i = 0; i < 2; i++)
        if (pthread_create(&customers[i], NULL, customer, NULL) != 0)
            return 1;
    for (int i = 0; i < 2; i++)
        pthread_join(customers[i], NULL);
    printf("two customers wanted 80 each of 100; left is %ld\n", balance);
    assert(balance >= 0);
    return 0;
}
