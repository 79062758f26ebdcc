// SPDX-License-Identifier: MIT
// expect: nothing
// A seq_cst fence between store and load on both sides: one of them sees.
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

#define FENCE memory_order_seq_cst

static atomic_int x, y;
static int saw_x, saw_y; // each is written by one thread, read after its join

static void *left(void *arg) {
    atomic_store_explicit(&x, 1, memory_order_relaxed);
    atomic_thread_fence(FENCE);
    saw_y = atomic_load_explicit(&y, memory_order_relaxed);
    return arg;
}

static void *right(void *arg) {
    atomic_store_explicit(&y, 1, memory_order_relaxed);
    atomic_thread_fence(FENCE);
    saw_x = atomic_load_explicit(&x, memory_order_relaxed);
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
