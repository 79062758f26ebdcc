// SPDX-License-Identifier: MIT
// expect: busy-wait or livelock
// The flag is raised only by a worker that found work; if it came too late,
// main reads the flag for ever.
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

static atomic_int work_left = 1;
static atomic_int finished;

static void *work(void *arg) {
    if (atomic_exchange(&work_left, 0))
        atomic_store(&finished, 1);
    return arg;
}

int main(void) {
    pthread_t worker;
    pthread_create(&worker, NULL, work, NULL);
    atomic_exchange(&work_left, 0);
    while (!atomic_load(&finished))
        continue;
    pthread_join(worker, NULL);
    return 0;
}
