// SPDX-License-Identifier: MIT
// expect: broken-invariant
// The balance is looked at in one critical section and lowered in another: two
// customers may both see 100 and both take 80. No access is a data race.
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int balance = 100; // guarded by lock

static void *withdraw(void *arg) {
    int amount = *(int *)arg;
    pthread_mutex_lock(&lock);
    int seen = balance;
    pthread_mutex_unlock(&lock);
    if (seen < amount)
        return NULL;
    pthread_mutex_lock(&lock);
    balance -= amount;
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void) {
    int amount = 80;
    pthread_t a, b;
    pthread_create(&a, NULL, withdraw, &amount);
    pthread_create(&b, NULL, withdraw, &amount);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    assert(balance >= 0);
    return 0;
}
