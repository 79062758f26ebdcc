// SPDX-License-Identifier: MIT
// expect: broken-invariant
// A single waiter and a single signal, so nobody steals anything; but POSIX
// lets pthread_cond_wait return without a signal at all.
#include <assert.h>
#include <pthread.h>
#include <stdbool.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool open_now; // guarded by lock

static void *enter(void *arg) {
    pthread_mutex_lock(&lock);
    if (!open_now)
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
