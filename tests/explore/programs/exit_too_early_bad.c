// SPDX-License-Identifier: MIT
// expect: wrong-result
// main returns while the worker has not finished: the report is not complete.
#include <pthread.h>
#include <stdatomic.h>

static atomic_int lines;

static void *report(void *arg) {
    atomic_fetch_add(&lines, 1);
    atomic_fetch_add(&lines, 1);
    return arg;
}

int main(void) {
    pthread_t worker;
    pthread_create(&worker, NULL, report, NULL);
    pthread_detach(worker);
    return atomic_load(&lines) == 2 ? 0 : 1;
}
