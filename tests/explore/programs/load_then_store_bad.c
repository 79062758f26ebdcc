// SPDX-License-Identifier: MIT
// expect: wrong-result
// Both accesses are atomic, the pair is not: two threads may load the same
// number, and one ticket is sold twice.
#include <pthread.h>
#include <stdatomic.h>

static atomic_int sold;

static void *sell(void *arg) {
    int seen = atomic_load(&sold);
    atomic_store(&sold, seen + 1);
    return arg;
}

int main(void) {
    pthread_t a, b;
    pthread_create(&a, NULL, sell, NULL);
    pthread_create(&b, NULL, sell, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return atomic_load(&sold) == 2 ? 0 : 1;
}
