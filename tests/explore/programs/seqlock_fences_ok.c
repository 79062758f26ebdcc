// SPDX-License-Identifier: MIT
// expect: nothing
// A sequence lock with relaxed data: a reader that sees new data sees, behind
// its acquire fence, the number that was odd before the writer's release fence.
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_uint sequence; // odd: a write is under way
static atomic_int x, y;      // always equal when sequence is even

static void *write_pair(void *arg) {
    atomic_store_explicit(&sequence, 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
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
        atomic_thread_fence(memory_order_acquire);
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
