// SPDX-License-Identifier: MIT
// expect: api-misuse or deadlock
// pthread_cond_wait is a cancellation point and takes the lock again before the
// thread ends: without a cleanup handler it stays locked for ever.
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;

static void *wait_for_ever(void *arg) {
    pthread_mutex_lock(&lock);
    for (;;)
        pthread_cond_wait(&never, &lock);
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
