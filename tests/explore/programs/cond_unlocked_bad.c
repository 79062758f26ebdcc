// SPDX-License-Identifier: MIT
// expect: api-misuse
// pthread_cond_wait is called without the mutex: it unlocks a mutex that this
// thread does not own.
#include <pthread.h>
#include <stdbool.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool ready; // guarded by lock

static bool is_ready(void) {
    pthread_mutex_lock(&lock);
    bool now = ready;
    pthread_mutex_unlock(&lock);
    return now;
}

static void *wait_ready(void *arg) {
    while (!is_ready())
        pthread_cond_wait(&changed, &lock);
    return arg;
}

int main(void) {
    pthread_t waiter;
    pthread_create(&waiter, NULL, wait_ready, NULL);
    pthread_mutex_lock(&lock);
    ready = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    pthread_join(waiter, NULL);
    return 0;
}
