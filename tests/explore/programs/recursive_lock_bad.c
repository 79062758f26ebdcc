// SPDX-License-Identifier: MIT
// expect: deadlock
// add_two() calls add_one() with the lock held, and the lock is a normal one:
// the thread waits for itself.
#include <assert.h>
#include <pthread.h>

static pthread_mutex_t lock;
static int total; // guarded by lock

static void add_one(void) {
    pthread_mutex_lock(&lock);
    total++;
    pthread_mutex_unlock(&lock);
}

static void *add_two(void *arg) {
    pthread_mutex_lock(&lock);
    add_one();
    add_one();
    assert(total % 2 == 0);
    pthread_mutex_unlock(&lock);
    return arg;
}

int main(void) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_NORMAL);
    pthread_mutex_init(&lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
    pthread_t a, b;
    pthread_create(&a, NULL, add_two, NULL);
    pthread_create(&b, NULL, add_two, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    assert(total == 4);
    pthread_mutex_destroy(&lock);
    return 0;
}
