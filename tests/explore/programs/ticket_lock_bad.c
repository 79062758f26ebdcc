// SPDX-License-Identifier: MIT
// expect: data-race
// Taking a ticket is a load and a store: two threads may get the same number
// and are then served at the same time.
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

static atomic_uint next_ticket, serving;
static int counter; // guarded by the ticket lock

static unsigned take_ticket(void) {
    unsigned mine = atomic_load(&next_ticket);
    atomic_store(&next_ticket, mine + 1);
    return mine;
}

static void *count(void *arg) {
    unsigned mine = take_ticket();
    while (atomic_load_explicit(&serving, memory_order_acquire) < mine)
        sched_yield();
    counter++;
    atomic_store_explicit(&serving, mine + 1, memory_order_release);
    return arg;
}

int main(void) {
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, count, NULL);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    return counter == 3 ? 0 : 1;
}
