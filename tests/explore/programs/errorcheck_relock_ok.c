// SPDX-License-Identifier: MIT
// expect: nothing
// An error-checking mutex says EDEADLK to its owner and EPERM to a stranger;
// the program counts on both, and neither call changes the lock.
#include <errno.h>
#include <pthread.h>

static pthread_mutex_t lock;
static int entries; // guarded by lock

static void record(void) {
    int error = pthread_mutex_lock(&lock);
    if (error && error != EDEADLK)
        return;
    entries++;
    if (!error)
        pthread_mutex_unlock(&lock);
}

static void *work(void *arg) {
    record();
    pthread_mutex_lock(&lock);
    record(); // called with the lock held
    pthread_mutex_unlock(&lock);
    return arg;
}

int main(void) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
    pthread_t a, b;
    pthread_create(&a, NULL, work, NULL);
    pthread_create(&b, NULL, work, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    if (pthread_mutex_unlock(&lock) != EPERM)
        return 2;
    pthread_mutex_destroy(&lock);
    return entries == 4 ? 0 : 1;
}
