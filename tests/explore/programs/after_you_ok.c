// SPDX-License-Identifier: MIT
// expect: nothing
// Two threads in a doorway, each would let the other go first; the one with
// the lower number insists.
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

static atomic_int at_door[2];
static int numbers[2] = {0, 1};

static void *pass(void *arg) {
    int me = *(int *)arg;
    atomic_store(&at_door[me], 1);
    while (me == 1 && atomic_load(&at_door[0])) {
        sched_yield();
        atomic_store(&at_door[me], 1);
    }
    atomic_store(&at_door[me], 0);
    return NULL;
}

int main(void) {
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, pass, &numbers[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
