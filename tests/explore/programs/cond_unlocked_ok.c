// SPDX-License-Identifier: MIT
// expect: nothing
// pthread_cond_wait is called with the mutex held.
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
    if (is_ready())
        return arg;
    pthread_mutex_lock(&lock);
    while (!ready)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
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
