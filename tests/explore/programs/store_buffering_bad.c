// SPDX-License-Identifier: MIT
// expect: broken-invariant
// Each thread stores, then looks at the other's variable. Relaxed, both may
// still see 0: the stores wait in their buffers.
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

#define ORDER memory_order_relaxed

static atomic_int x, y;
static int saw_x, saw_y; // each is written by one thread, read after its join

static void *left(void *arg) {
    atomic_store_explicit(&x, 1, ORDER);
    saw_y = atomic_load_explicit(&y, ORDER);
    return arg;
}

static void *right(void *arg) {
    atomic_store_explicit(&y, 1, ORDER);
    saw_x = atomic_load_explicit(&x, ORDER);
    return arg;
}

int main(void) {
    pthread_t a, b;
    pthread_create(&a, NULL, left, NULL);
    pthread_create(&b, NULL, right, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    assert(saw_x || saw_y);
    return 0;
}
