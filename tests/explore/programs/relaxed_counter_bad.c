// SPDX-License-Identifier: MIT
// expect: data-race
// A relaxed counter of finished workers: the number is right, but it does not
// bring the workers' results along.
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#define FINISH memory_order_relaxed

static atomic_int steps, finished;
static int part[2]; // part[i] is worker i's until it is counted as finished

static void *work(void *arg) {
    int *mine = arg;
    atomic_fetch_add_explicit(&steps, 1, memory_order_relaxed);
    *mine = 10;
    atomic_fetch_add_explicit(&finished, 1, FINISH);
    return NULL;
}

int main(void) {
    pthread_t workers[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&workers[i], NULL, work, &part[i]);
    while (atomic_load_explicit(&finished, memory_order_acquire) < 2)
        sched_yield();
    int sum = part[0] + part[1];
    for (int i = 0; i < 2; i++)
        pthread_join(workers[i], NULL);
    int all = atomic_load_explicit(&steps, memory_order_relaxed);
    return sum == 20 && all == 2 ? 0 : 1;
}
