// SPDX-License-Identifier: MIT
// expect: broken-invariant
// Two variables, one after the other, relaxed: a reader may see the second new
// and then the first old.
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_int hour, minute;

static void *tick(void *arg) {
    atomic_store_explicit(&hour, 1, memory_order_relaxed);
    atomic_store_explicit(&minute, 1, memory_order_relaxed);
    return arg;
}

static void *look(void *arg) {
    int late = atomic_load_explicit(&minute, memory_order_relaxed);
    int early = atomic_load_explicit(&hour, memory_order_relaxed);
    assert(early >= late);
    return arg;
}

int main(void) {
    pthread_t a, b;
    pthread_create(&a, NULL, tick, NULL);
    pthread_create(&b, NULL, look, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return 0;
}
