// SPDX-License-Identifier: MIT
// expect: nothing
// Peterson's lock: raise the flag, give the turn away, wait; all seq_cst.
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

static atomic_int flag[2], turn;
static int counter; // guarded by the lock
static int numbers[2] = {0, 1};

static void *count(void *arg) {
    int me = *(int *)arg, other = 1 - me;
    atomic_store(&flag[me], 1);
    atomic_store(&turn, other);
    while (atomic_load(&flag[other]) && atomic_load(&turn) == other)
        sched_yield();
    counter++;
    atomic_store(&flag[me], 0);
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
