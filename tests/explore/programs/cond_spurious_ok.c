// SPDX-License-Identifier: MIT
// expect: nothing
// The waiter looks at the flag again whenever it wakes, signal or not.
#include <assert.h>
#include <pthread.h>
#include <stdbool.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool open_now; // guarded by lock

static void *enter(void *arg) {
    pthread_mutex_lock(&lock);
    while (!open_now)
        pthread_cond_wait(&changed, &lock);
    assert(open_now);
    pthread_mutex_unlock(&lock);
    return arg;
}

int main(void) {
    pthread_t visitor;
    pthread_create(&visitor, NULL, enter, NULL);
    pthread_mutex_lock(&lock);
    open_now = true;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
    pthread_join(visitor, NULL);
    return 0;
}
