// SPDX-License-Identifier: MIT
// expect: nothing
// main joins the worker before it returns.
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
    pthread_join(worker, NULL);
    return atomic_load(&lines) == 2 ? 0 : 1;
}
