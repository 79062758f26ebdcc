// SPDX-License-Identifier: MIT
// expect: nothing
// Taking a ticket is one atomic step; the release of one turn is what the next
// one acquires.
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

static atomic_uint next_ticket, serving;
static int counter; // guarded by the ticket lock

static unsigned take_ticket(void) {
    return atomic_fetch_add_explicit(&next_ticket, 1, memory_order_relaxed);
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
