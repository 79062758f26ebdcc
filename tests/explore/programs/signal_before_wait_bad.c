// SPDX-License-Identifier: MIT
// expect: lost-wakeup
// A condition variable remembers nothing: a signal that comes before the wait
// is gone.
#include <pthread.h>
#include <stdbool.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t done = PTHREAD_COND_INITIALIZER;
static int result; // guarded by lock

static void *work(void *arg) {
    pthread_mutex_lock(&lock);
    result = 7;
    pthread_cond_signal(&done);
    pthread_mutex_unlock(&lock);
    return arg;
}

int main(void) {
    pthread_t worker;
    pthread_create(&worker, NULL, work, NULL);
    pthread_mutex_lock(&lock);
    pthread_cond_wait(&done, &lock);
    pthread_mutex_unlock(&lock);
    pthread_join(worker, NULL);
    return result == 7 ? 0 : 1;
}
