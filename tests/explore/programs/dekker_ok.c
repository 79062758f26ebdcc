// SPDX-License-Identifier: MIT
// expect: nothing
// Dekker's lock: a thread that meets the other's flag lowers its own until it
// is its turn.
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#define ORDER_STORE memory_order_seq_cst
#define ORDER_LOAD memory_order_seq_cst

static atomic_int wants[2], turn;
static int counter; // guarded by the lock
static int numbers[2] = {0, 1};

static void *count(void *arg) {
    int me = *(int *)arg, other = 1 - me;
    atomic_store_explicit(&wants[me], 1, ORDER_STORE);
    while (atomic_load_explicit(&wants[other], ORDER_LOAD)) {
        if (atomic_load_explicit(&turn, ORDER_LOAD) != me) {
            atomic_store_explicit(&wants[me], 0, ORDER_STORE);
            while (atomic_load_explicit(&turn, ORDER_LOAD) != me)
                sched_yield();
            atomic_store_explicit(&wants[me], 1, ORDER_STORE);
        }
        sched_yield();
    }
    counter++;
    atomic_store_explicit(&turn, other, ORDER_STORE);
    atomic_store_explicit(&wants[me], 0, ORDER_STORE);
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
