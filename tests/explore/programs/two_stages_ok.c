// SPDX-License-Identifier: MIT
// expect: nothing
// Both stages happen while the first lock is held, which the checkers take.
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t order_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t bill_lock = PTHREAD_MUTEX_INITIALIZER;
static int orders; // guarded by order_lock
static int bills;  // guarded by bill_lock

static void *buy(void *arg) {
    pthread_mutex_lock(&order_lock);
    orders = 1;
    pthread_mutex_lock(&bill_lock);
    bills = orders;
    pthread_mutex_unlock(&bill_lock);
    pthread_mutex_unlock(&order_lock);
    return arg;
}

static void *check(void *arg) {
    pthread_mutex_lock(&order_lock);
    int ordered = orders;
    pthread_mutex_lock(&bill_lock);
    int billed = bills;
    pthread_mutex_unlock(&bill_lock);
    pthread_mutex_unlock(&order_lock);
    assert(ordered == billed);
    return arg;
}

int main(void) {
    pthread_t threads[8];
    for (int i = 0; i < 8; i++)
        pthread_create(&threads[i], NULL, i ? check : buy, NULL);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
