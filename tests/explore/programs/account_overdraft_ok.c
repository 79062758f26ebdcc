// SPDX-License-Identifier: MIT
// expect: nothing
// Looking at the balance and lowering it are one critical section.
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int balance = 100; // guarded by lock

static void *withdraw(void *arg) {
    int amount = *(int *)arg;
    pthread_mutex_lock(&lock);
    if (balance >= amount)
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
