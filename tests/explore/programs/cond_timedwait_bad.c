// SPDX-License-Identifier: MIT
// expect: broken-invariant
// After the wait the reply is used, whether it came or the time was up.
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t arrived = PTHREAD_COND_INITIALIZER;
static int reply; // guarded by lock; 0: none yet

static void *answer(void *arg) {
    usleep(2000);
    pthread_mutex_lock(&lock);
    reply = 5;
    pthread_cond_signal(&arrived);
    pthread_mutex_unlock(&lock);
    return arg;
}

int main(void) {
    pthread_t server;
    struct timespec limit;
    pthread_create(&server, NULL, answer, NULL);
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += 1;
    pthread_mutex_lock(&lock);
    int error = 0;
    while (reply == 0 && error == 0)
        error = pthread_cond_timedwait(&arrived, &lock, &limit);
    assert(reply == 5);
    pthread_mutex_unlock(&lock);
    pthread_join(server, NULL);
    return 0;
}
