// SPDX-License-Identifier: MIT
// expect: lost-wakeup
// The flag is atomic, so the setter takes no lock. Between the waiter's look at
// the flag and its wait there is room for both the store and the signal.
#include <pthread.h>
#include <stdatomic.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static atomic_int ready;

static void *wait_for_it(void *arg) {
    pthread_mutex_lock(&lock);
    while (!atomic_load(&ready))
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    return arg;
}

int main(void) {
    pthread_t waiter;
    pthread_create(&waiter, NULL, wait_for_it, NULL);
    atomic_store(&ready, 1);
    pthread_cond_signal(&changed);
    pthread_join(waiter, NULL);
    return 0;
}
