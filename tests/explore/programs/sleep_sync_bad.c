// SPDX-License-Identifier: MIT
// expect: data-race
// main sleeps "long enough" for the worker instead of waiting for it.
#include <pthread.h>
#include <unistd.h>

static int result;

static void *work(void *arg) {
    result = 9;
    return arg;
}

int main(void) {
    pthread_t worker;
    pthread_create(&worker, NULL, work, NULL);
    usleep(100000);
    int seen = result;
    pthread_join(worker, NULL);
    return seen == 9 || seen == 0 ? 0 : 1;
}
