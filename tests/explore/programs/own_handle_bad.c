// SPDX-License-Identifier: MIT
// expect: data-race
// The worker reads its own handle from the variable that pthread_create fills:
// it may run before pthread_create has returned in main.
#include <pthread.h>

static pthread_t worker;

static void *work(void *arg) {
    return pthread_equal(worker, pthread_self()) ? NULL : arg;
}

int main(void) {
    void *wrong;
    pthread_create(&worker, NULL, work, &worker);
    pthread_join(worker, &wrong);
    return wrong ? 1 : 0;
}
