// SPDX-License-Identifier: MIT
// expect: nothing
// One variable, relaxed: even so a reader never sees an older value after a
// newer one.
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_int hour;

static void *tick(void *arg) {
    for (int i = 1; i <= 3; i++)
        atomic_store_explicit(&hour, i, memory_order_relaxed);
    return arg;
}

static void *look(void *arg) {
    int early = atomic_load_explicit(&hour, memory_order_relaxed);
    int late = atomic_load_explicit(&hour, memory_order_relaxed);
    assert(early <= late);
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
