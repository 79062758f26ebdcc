// SPDX-License-Identifier: MIT
// expect: nothing
// The worker asks pthread_self who it is; main alone reads its variable.
#include <pthread.h>

static pthread_t worker;

static void *work(void *arg) {
    return pthread_equal(pthread_self(), pthread_self()) ? NULL : arg;
}

int main(void) {
    void *wrong;
    pthread_create(&worker, NULL, work, &worker);
    pthread_join(worker, &wrong);
    return wrong ? 1 : 0;
}
