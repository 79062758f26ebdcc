// SPDX-License-Identifier: MIT
// expect: nothing
// The sleep is only a sleep; it is the join that main waits by.
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
    pthread_join(worker, NULL);
    int seen = result;
    return seen == 9 || seen == 0 ? 0 : 1;
}
