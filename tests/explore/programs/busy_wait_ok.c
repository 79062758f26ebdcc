// SPDX-License-Identifier: MIT
// expect: nothing
// The worker raises the flag whatever it found; main lets others run meanwhile.
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

static atomic_int work_left = 1;
static atomic_int finished;

static void *work(void *arg) {
    atomic_exchange(&work_left, 0);
    atomic_store(&finished, 1);
    return arg;
}

int main(void) {
    pthread_t worker;
    pthread_create(&worker, NULL, work, NULL);
    atomic_exchange(&work_left, 0);
    while (!atomic_load(&finished))
        sched_yield();
    pthread_join(worker, NULL);
    return 0;
}
