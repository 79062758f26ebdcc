// SPDX-License-Identifier: MIT
// expect: data-race
// The lock may be held for longer than the other thread is willing to wait. It
// does not look at what timedlock said and writes without the lock.
#include <assert.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int value; // guarded by lock

static void *slow(void *arg) {
    pthread_mutex_lock(&lock);
    value++;
    usleep(20000);
    value++;
    pthread_mutex_unlock(&lock);
    return arg;
}

static void *impatient(void *arg) {
    struct timespec limit;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_nsec += 1000000;
    if (limit.tv_nsec >= 1000000000) {
        limit.tv_nsec -= 1000000000;
        limit.tv_sec++;
    }
    int error = pthread_mutex_timedlock(&lock, &limit);
    value += 2;
    if (!error)
        pthread_mutex_unlock(&lock);
    return arg;
}

int main(void) {
    pthread_t a, b;
    pthread_create(&a, NULL, slow, NULL);
    pthread_create(&b, NULL, impatient, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    assert(value == 2 || value == 4);
    return 0;
}
