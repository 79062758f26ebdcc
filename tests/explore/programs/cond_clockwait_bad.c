// SPDX-License-Identifier: MIT
// expect: wrong-result
// When the time is up the requester gives the request up without telling; the
// server still answers it, and the program counts one answer too many.
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <time.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t answered = PTHREAD_COND_INITIALIZER;
static bool wanted, served; // guarded by lock

static void *serve(void *arg) {
    pthread_mutex_lock(&lock);
    if (wanted) {
        served = true;
        pthread_cond_signal(&answered);
    }
    pthread_mutex_unlock(&lock);
    return arg;
}

int main(void) {
    pthread_t server;
    struct timespec limit;
    wanted = true;
    pthread_create(&server, NULL, serve, NULL);
    clock_gettime(CLOCK_MONOTONIC, &limit);
    limit.tv_sec += 1;
    pthread_mutex_lock(&lock);
    int error = 0;
    while (!served && error == 0)
        error = pthread_cond_clockwait(&answered, &lock, CLOCK_MONOTONIC,
                                       &limit);
    bool got_it = served;
    pthread_mutex_unlock(&lock);
    pthread_join(server, NULL);
    return got_it == served ? 0 : 1;
}
