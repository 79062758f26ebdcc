// SPDX-License-Identifier: MIT
// expect: broken-invariant
// "Has it been done?" and "now it has" are two atomic steps: two threads may
// both find that it has not.
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_int started;
static atomic_int times;

static void start(void) {
    atomic_fetch_add(&times, 1);
}

static void *use(void *arg) {
    if (!atomic_load(&started)) {
        atomic_store(&started, 1);
        start();
    }
    return arg;
}

int main(void) {
    pthread_t a, b;
    pthread_create(&a, NULL, use, NULL);
    pthread_create(&b, NULL, use, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    assert(atomic_load(&times) == 1);
    return 0;
}
