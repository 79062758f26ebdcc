// SPDX-License-Identifier: MIT
// expect: broken-invariant
// The owner of a robust mutex ends with the lock held. The next one repairs the
// data but does not say so: its unlock makes the mutex useless for ever.
#include <assert.h>
#include <errno.h>
#include <pthread.h>

static pthread_mutex_t lock;
static int half_done; // guarded by lock; never left at 1

static void *dies(void *arg) {
    pthread_mutex_lock(&lock);
    half_done = 1;
    return arg; // robust: this is what the next owner is told about
}

static void *repairs(void *arg) {
    int error = pthread_mutex_lock(&lock);
    if (error == EOWNERDEAD) {
        half_done = 0;
    }
    pthread_mutex_unlock(&lock);
    return arg;
}

int main(void) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
    pthread_t a, b;
    pthread_create(&a, NULL, dies, NULL);
    pthread_join(a, NULL);
    pthread_create(&b, NULL, repairs, NULL);
    pthread_join(b, NULL);
    int error = pthread_mutex_lock(&lock);
    assert(error == 0);
    assert(half_done == 0);
    pthread_mutex_unlock(&lock);
    return 0;
}
