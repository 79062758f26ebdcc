// SPDX-License-Identifier: MIT
// expect: data-race
// Peterson's lock with release stores and acquire loads: each thread's flag may
// still be invisible to the other when it looks, and both go in.
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

static atomic_int flag[2], turn;
static int counter; // guarded by the lock
static int numbers[2] = {0, 1};

static int must_wait(int other) {
    return atomic_load_explicit(&flag[other], memory_order_acquire) &&
           atomic_load_explicit(&turn, memory_order_acquire) == other;
}

static void *count(void *arg) {
    int me = *(int *)arg, other = 1 - me;
    atomic_store_explicit(&flag[me], 1, memory_order_release);
    atomic_store_explicit(&turn, other, memory_order_release);
    while (must_wait(other))
        sched_yield();
    counter++;
    atomic_store_explicit(&flag[me], 0, memory_order_release);
    return NULL;
}

int main(void) {
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, count, &numbers[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    return counter == 2 ? 0 : 1;
}
