// SPDX-License-Identifier: MIT
// expect: broken-invariant
// A sequence lock with relaxed data and without its fences: the reader may see
// new data and still an old sequence number.
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_uint sequence; // odd: a write is under way
static atomic_int x, y;      // always equal when sequence is even

static void *write_pair(void *arg) {
    atomic_store_explicit(&sequence, 1, memory_order_relaxed);
    atomic_store_explicit(&x, 1, memory_order_relaxed);
    atomic_store_explicit(&y, 1, memory_order_relaxed);
    atomic_store_explicit(&sequence, 2, memory_order_release);
    return arg;
}

static void *read_pair(void *arg) {
    unsigned before, after;
    int a, b;
    do {
        before = atomic_load_explicit(&sequence, memory_order_acquire);
        a = atomic_load_explicit(&x, memory_order_relaxed);
        b = atomic_load_explicit(&y, memory_order_relaxed);
        after = atomic_load_explicit(&sequence, memory_order_relaxed);
    } while (before % 2 != 0 || before != after);
    assert(a == b);
    return arg;
}

int main(void) {
    pthread_t a, b;
    pthread_create(&a, NULL, write_pair, NULL);
    pthread_create(&b, NULL, read_pair, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return 0;
}
