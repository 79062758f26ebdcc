// SPDX-License-Identifier: MIT
// expect: nothing
// pthread_cond_wait is a cancellation point and takes the lock again before the
// thread ends: the cleanup handler gives it back.
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;

static void unlock(void *mutex) {
    pthread_mutex_unlock(mutex);
}

static void *wait_for_ever(void *arg) {
    pthread_mutex_lock(&lock);
    pthread_cleanup_push(unlock, &lock);
    for (;;)
        pthread_cond_wait(&never, &lock);
    pthread_cleanup_pop(1);
    return arg;
}

int main(void) {
    pthread_t waiter;
    void *result;
    pthread_create(&waiter, NULL, wait_for_ever, NULL);
    pthread_cancel(waiter);
    pthread_join(waiter, &result);
    pthread_mutex_lock(&lock);
    pthread_mutex_unlock(&lock);
    return result == PTHREAD_CANCELED ? 0 : 1;
}
